//! A report's file: opened before anything is sent, and complete or not there at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written.
#[derive(Debug)]
pub enum PendingFile {
    /// Beside its place, and moved there when it is whole.
    Beside {
        /// What is being written.
        temporary: NamedTempFile,
        /// Where it goes.
        place: PathBuf,
    },
    /// A device or a pipe is written to as it is: moving a file there would replace it.
    Direct(File),
}

impl PendingFile {
    /// Opens what will become `path`. Nothing that is there is touched yet.
    pub fn open(path: &Path) -> io::Result<Self> {
        // A link is followed, so that what it points to is replaced, and not the link.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&place) {
            Ok(there) if there.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
            }
            Ok(there) if !there.is_file() => {
                return File::options().write(true).open(&place).map(Self::Direct);
            }
            Ok(there) if there.permissions().readonly() => {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "is read-only"));
            }
            _ => {}
        }
        let Some(name) = place.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "is not a file name"));
        };
        let folder = place
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // Whole, so that two spellings of one file can be told.
        let folder = fs::canonicalize(folder)?;
        let place = folder.join(name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tieback-");
        // Readable for whom the user's umask says, like any file that a program writes.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Self::Beside { temporary: builder.tempfile_in(folder)?, place })
    }

    /// Where it goes, unless it is written to directly.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Beside { place, .. } => Some(place),
            Self::Direct(_) => None,
        }
    }

    /// A handle to write with.
    pub fn writer(&self) -> io::Result<File> {
        match self {
            Self::Beside { temporary, .. } => temporary.as_file().try_clone(),
            Self::Direct(file) => file.try_clone(),
        }
    }

    /// Puts the file in its place; what was there is replaced at once.
    pub fn commit(self) -> io::Result<()> {
        match self {
            Self::Beside { temporary, place } => {
                temporary.persist(place).map(drop).map_err(|error| error.error)
            }
            Self::Direct(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::Write as _;

    #[test]
    fn the_file_is_replaced_at_once_and_only_when_it_is_whole() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("report.json");
        fs::write(&path, "old")?;
        drop(PendingFile::open(&path)?);
        let file = PendingFile::open(&path)?;
        file.writer()?.write_all(b"new")?;
        assert_eq!(fs::read_to_string(&path)?, "old");
        file.commit()?;
        assert_eq!(fs::read_to_string(&path)?, "new");
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn what_cannot_be_written_is_known_early() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(PendingFile::open(folder.path()).is_err());
        assert!(PendingFile::open(&folder.path().join("missing/report.json")).is_err());
        assert!(PendingFile::open(Path::new("..")).is_err());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_links_stay_what_they_are() -> io::Result<()> {
        assert!(matches!(PendingFile::open(Path::new("/dev/null"))?, PendingFile::Direct(_)));
        let folder = tempfile::tempdir()?;
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old")?;
        std::os::unix::fs::symlink(&target, &link)?;
        let file = PendingFile::open(&link)?;
        file.writer()?.write_all(b"new")?;
        file.commit()?;
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(fs::read_to_string(&target)?, "new");
        Ok(())
    }
}
