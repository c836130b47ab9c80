//! The mark of a run in what it creates.

use super::RUN_ID;
use crate::provider::Customer;
use crate::scenario::{MARK, Part, Request, Shape, ShapeKind, TargetName, Template};

/// Marks a customer that `request` creates with the run's id, so that what stays after a crash can
/// be found; says whether it did. A body that is not an object, or that tests the limits of
/// metadata, stays as its author wrote it.
pub(super) fn mark(request: &mut Request, customer: &Customer) -> bool {
    let creates = request.target == TargetName::Api
        && request.path.literal().is_some_and(|path| customer.is_creation(&request.method, path));
    let Some(Shape { kind: ShapeKind::Object(entries), span }) = request.body.shape_mut() else {
        return false;
    };
    if !creates || !request.mark {
        return false;
    }
    let run_id = Template { span: *span, parts: vec![Part::variable(RUN_ID, *span)] };
    let own = Shape { span: *span, kind: ShapeKind::Text(run_id) };
    match entries.iter_mut().find(|(key, _)| key == customer.metadata) {
        None => {
            let metadata = ShapeKind::Object(vec![(MARK.to_owned(), own)]);
            entries.push((customer.metadata.to_owned(), Shape { span: *span, kind: metadata }));
            true
        }
        Some((_, Shape { kind: ShapeKind::Object(metadata), .. }))
            if metadata.len() < customer.metadata_limit
                && metadata.iter().all(|(key, _)| key != MARK) =>
        {
            metadata.push((MARK.to_owned(), own));
            true
        }
        Some(_) => false,
    }
}
