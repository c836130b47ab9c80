//! `tieback sandbox`, alone or beside a program whose calls arrive there.

mod beside;
mod endpoints;
mod listen;
mod log;

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::builder::TypedValueParser as _;

use endpoints::EndpointArgs;
use listen::PortFile;
use log::{Format, LAST, Log};

use super::Global;
use super::signals::StopSignals;
use crate::duration::parse_duration;
use crate::environment::Environment;
use crate::exit;
use crate::report::Outlet;
use crate::sandbox::{self, Arming, Fault, Options, RateLimit, Retries, Token};
use crate::secret::Secret;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:4010, or a free port where that
    /// is taken]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Write the port to this file once the sandbox answers; it is removed at the end
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Print what the sandbox does to stderr, a line each [default: human with -v or a COMMAND]
    #[arg(long, value_name = "FORMAT", value_enum)]
    log: Option<Format>,
    /// Answer to this host name as well (repeatable), such as a container's name; with --listen
    /// 0.0.0.0:4010
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Keep the state in this SQLite file, across restarts and crashes [default: in memory]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    #[command(flatten)]
    endpoints: EndpointArgs,
    /// A token that works, with its scopes (repeatable) [default: any token works]
    // Not read as a token yet: clap would print what it cannot read.
    #[arg(long = "token", value_name = "TOKEN[=scope,scope]", value_parser = clap::builder::StringValueParser::new().map(Secret::new))]
    tokens: Vec<Secret>,
    /// Answer so many requests a minute, then 429 as the real sandbox does at 100/min
    #[arg(long, value_name = "N/min")]
    rate_limit: Option<RateLimit>,
    /// Make something go wrong (repeatable); some take a time, like slow=500ms
    #[arg(long = "fault", value_name = "NAME[=DURATION]", long_help = fault_help())]
    faults: Vec<Arming>,
    /// Refuse webhook URLs that are not https and public, as the real API does
    #[arg(long)]
    https_only: bool,
    /// Let generated webhook secrets sign the legacy way, as before September 2026
    #[arg(long)]
    legacy_secrets: bool,
    /// Make the records of this JSON file at the start: lists of bodies under products, benefits,
    /// customers, discounts and meters, each with an id if it needs a certain one
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Wait before a failed webhook is tried again; doubled every time, ten attempts
    #[arg(long, value_name = "DURATION", default_value = "4s", value_parser = parse_duration)]
    retry_wait: Duration,
    /// How long a webhook endpoint may take to answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    webhook_timeout: Duration,
    /// A program to run beside the sandbox, after `--`. Its calls to api.polar.sh and
    /// sandbox-api.polar.sh arrive in the sandbox; the sandbox ends with it, with its exit code
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn fault_help() -> String {
    let names: Vec<_> =
        Fault::all().map(|(_, name, does)| format!("  {name:<28} {does}")).collect();
    format!(
        "Make something go wrong (repeatable). Some take a time, like slow=500ms:\n\n{}",
        names.join("\n")
    )
}

impl Args {
    fn options(self) -> anyhow::Result<Options> {
        let tokens = self
            .tokens
            .iter()
            .map(|token| token.expose().parse())
            .collect::<Result<Vec<Token>, _>>();
        let mut faults = self.faults;
        if self.https_only {
            faults.push(Fault::HttpsOnly.into());
        }
        Ok(Options {
            data: self.data,
            hosts: self.hosts,
            endpoints: self.endpoints.resolve(&Environment::default())?,
            tokens: tokens.context("cannot read a --token")?,
            rate_limit: self.rate_limit,
            faults,
            legacy_secrets: self.legacy_secrets,
            seed: self.seed.as_deref().map(read_seed).transpose()?,
            retries: Retries { first_wait: self.retry_wait, timeout: self.webhook_timeout },
        })
    }
}

fn read_seed(path: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the seed {}", path.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("cannot read the seed {} as JSON", path.display()))
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: Args, global: &Global) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let wanted = global.verbose > 0 || !args.command.is_empty() && !global.quiet;
    let log = args.log.or(wanted.then_some(Format::Human));
    runtime.block_on(serve(args, log, global.quiet))
}

async fn serve(mut args: Args, log: Option<Format>, quiet: bool) -> anyhow::Result<u8> {
    // Heard from the start, so that no signal falls between listening and waiting.
    let mut stopped = StopSignals::listen()?;
    let (address, port_file) = (args.listen, args.port_file.take());
    let command = std::mem::take(&mut args.command);
    let options = args.options()?;
    let urls: Vec<_> = options.endpoints.iter().map(|endpoint| endpoint.url.clone()).collect();
    // Served whether this is read or not.
    let stderr = Outlet::new(io::stderr())?;
    let listener = listen::bind(address, &stderr).await?;
    let handle = sandbox::start(listener, options).await?;
    let _port_file =
        port_file.map(|path| PortFile::write(path, handle.local_addr().port())).transpose()?;
    let log = log.map(|format| Log::start(&handle, format, !command.is_empty()));
    let code = if command.is_empty() {
        stderr.say(&format!(
            "The sandbox answers on http://{}; stop it with Ctrl-C.",
            handle.local_addr()
        ));
        for url in urls {
            stderr.say(&format!("Webhooks go to {url}."));
        }
        stopped.next().await;
        Ok(exit::PASSED)
    } else {
        let stderr = (!quiet).then_some(&stderr);
        beside::run(&command, &handle, &urls, &mut stopped, stderr).await
    };
    handle.stop().await;
    if let Some(log) = log {
        log.finish();
    }
    stderr.drain_within(LAST);
    code
}
