//! Which variables a step uses, where, and which keys it names.

use std::collections::BTreeSet;

use super::{
    Action, AppFile, AppStep, Body, CaptureFrom, ENVIRONMENT, Scenario, Shape, Step, Template,
    UndoRequest, Use,
};

impl Step {
    /// The variables that the step needs before it can run, in the order in which they are filled.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = self.action.uses();
        let mut shapes: Vec<&Shape> = Vec::new();
        shapes.extend(self.expect.headers.iter().map(|(_, each)| each));
        shapes.extend(&self.expect.body);
        shapes.extend(self.capture.iter().filter_map(|capture| capture.from.filter()));
        uses.extend(shapes.into_iter().flat_map(Shape::uses));
        uses
    }

    /// The variables that its undo requests need; what the step itself captures is known by then.
    #[must_use]
    pub fn undo_uses(&self) -> Vec<Use<'_>> {
        match &self.action {
            Action::Request(request) => request.undo.iter().flat_map(UndoRequest::uses).collect(),
            _ => Vec::new(),
        }
    }

    fn names_key(&self, key: &str) -> bool {
        let asked = match &self.action {
            Action::Request(request) => request.body.shape(),
            Action::Event(event) => event.filter.as_ref(),
            _ => None,
        };
        let captured = self.capture.iter().map(|capture| &capture.from);
        asked.into_iter().chain(&self.expect.body).any(|shape| shape.has_key(key))
            || captured.into_iter().any(|from| from.names_key(key))
    }
}

impl AppFile {
    /// The variables of the environment that it reads, without `env.`.
    #[must_use]
    pub fn environment(&self) -> BTreeSet<String> {
        let env = self.start.iter().flat_map(|start| &start.env);
        let texts = [&self.url].into_iter().chain(&self.handler.secret);
        let texts = texts.chain(self.start.iter().map(|start| &start.command));
        let texts = texts.chain(env.map(|(_, value)| value));
        let texts = texts.chain(self.products.iter().map(|product| &product.id));
        let steps = [&self.user, &self.state, &self.delete].into_iter().flatten();
        let steps = steps.flat_map(AppStep::uses).map(|(name, _)| name);
        let names = texts.flat_map(Template::variables).map(|(name, _)| name).chain(steps);
        names.filter_map(|name| name.strip_prefix(ENVIRONMENT)).map(str::to_owned).collect()
    }
}

impl AppStep {
    /// The variables in it, in the order in which they are filled.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = self.action.uses();
        uses.extend(self.expect.body.iter().flat_map(Shape::uses));
        uses
    }
}

impl Action {
    /// The variables in what is sent or run.
    fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        match self {
            Self::Request(request) => {
                uses.extend(request.path.variables());
                uses.extend(request.query.iter().flat_map(|(_, each)| each.uses()));
                uses.extend(request.headers.iter().flat_map(|(_, each)| each.variables()));
                uses.extend(request.body.uses());
            }
            Self::Event(event) => uses.extend(event.filter.iter().flat_map(Shape::uses)),
            Self::Exec(exec) => uses.extend(exec.command.iter().flat_map(Template::variables)),
            Self::Deliver(deliver) => {
                let shapes = deliver.payload.iter().chain(&deliver.change);
                uses.extend(shapes.flat_map(Shape::uses));
            }
            Self::Fault(fault) => {
                uses.extend(fault.on.iter().flat_map(Template::variables));
                uses.extend(fault.after.iter().chain(&fault.times).flat_map(Shape::uses));
            }
            Self::Use(_) => {}
        }
        uses
    }
}

impl UndoRequest {
    /// The variables in it, in the order in which they are filled.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses: Vec<_> = self.path.variables().collect();
        uses.extend(self.headers.iter().flat_map(|(_, each)| each.variables()));
        uses.extend(self.body.uses());
        uses
    }
}

impl Body {
    /// The variables in it, in order.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        match self {
            Self::None => Vec::new(),
            Self::Json(shape) | Self::Form(shape) => shape.uses(),
            Self::Raw(text) => text.variables().collect(),
        }
    }
}

impl CaptureFrom {
    /// What an element of a list has to match.
    fn filter(&self) -> Option<&Shape> {
        match self {
            Self::Element { filter, .. } => Some(filter),
            _ => None,
        }
    }

    fn names_key(&self, key: &str) -> bool {
        let in_path = |path: &str| path.split('.').any(|part| part == key);
        match self {
            Self::Body(path) => in_path(path),
            Self::Regex(regex) => regex.as_str().contains(key),
            Self::Header(_) | Self::Cookie(_) => false,
            Self::Element { list, filter, path } => {
                in_path(list) || filter.has_key(key) || in_path(path)
            }
        }
    }
}

impl Scenario {
    /// Whether `key` is written out in a body that is sent, in what is expected, or in what is
    /// captured.
    #[must_use]
    pub fn names_key(&self, key: &str) -> bool {
        self.steps.iter().any(|step| step.names_key(key))
    }
}
