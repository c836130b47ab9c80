//! Variables under other names: an app file speaks of one user, and a scenario may have several.

use super::{Action, Body, CaptureFrom, Expect, Part, Shape, ShapeKind, Template};

/// Gives the new name of a variable, where it has one.
pub trait NewName: Fn(&str) -> Option<String> {}
impl<F: Fn(&str) -> Option<String>> NewName for F {}

impl Template {
    fn rename(&mut self, new: &impl NewName) {
        for part in &mut self.parts {
            if let Part::Variable { name, .. } = part
                && let Some(renamed) = new(name)
            {
                *name = renamed;
            }
        }
    }
}

impl Shape {
    fn rename(&mut self, new: &impl NewName) {
        match &mut self.kind {
            ShapeKind::Literal(_) | ShapeKind::Regex(_) => {}
            ShapeKind::Text(template) => template.rename(new),
            ShapeKind::Array(items) => items.iter_mut().for_each(|item| item.rename(new)),
            ShapeKind::Object(entries) => {
                for (_, each) in entries {
                    each.rename(new);
                }
            }
            ShapeKind::Matchers(all) => all.iter_mut().for_each(|each| each.argument.rename(new)),
        }
    }
}

impl Expect {
    /// Renames the variables in it.
    pub fn rename(&mut self, new: &impl NewName) {
        self.headers.iter_mut().for_each(|(_, each)| each.rename(new));
        self.body.iter_mut().for_each(|each| each.rename(new));
    }
}

impl CaptureFrom {
    /// Renames the variables in it.
    pub fn rename(&mut self, new: &impl NewName) {
        if let Self::Element { filter, .. } = self {
            filter.rename(new);
        }
    }
}

impl Action {
    /// Renames the variables in a request or the command of a program.
    pub fn rename(&mut self, new: &impl NewName) {
        match self {
            Self::Request(request) => {
                request.path.rename(new);
                request.query.iter_mut().for_each(|(_, each)| each.rename(new));
                request.headers.iter_mut().for_each(|(_, each)| each.rename(new));
                match &mut request.body {
                    Body::None => {}
                    Body::Json(shape) | Body::Form(shape) => shape.rename(new),
                    Body::Raw(text) => text.rename(new),
                }
            }
            Self::Exec(exec) => exec.command.iter_mut().for_each(|each| each.rename(new)),
            Self::Event(_) | Self::Use(_) | Self::Deliver(_) | Self::Fault(_) => {}
        }
    }
}
