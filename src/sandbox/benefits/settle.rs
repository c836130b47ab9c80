//! Grants follow what they come from: a subscription while it gives access, an order once it is
//! paid. On the real API a worker sees to that, some time after the answer.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::grants::Grant;
use super::license_keys;
use super::model::Benefit;
use crate::sandbox::clock::iso;
use crate::sandbox::http::ApiError;
use crate::sandbox::jobs::Job;
use crate::sandbox::orders::Order;
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::{customers, members, meters};

/// What gives access, and to whom.
struct Source {
    customer: Uuid,
    product: Uuid,
    subscription: Option<Uuid>,
    order: Option<Uuid>,
    gives_access: bool,
}

impl Source {
    fn find(tx: &Transaction<'_>, id: Uuid) -> Result<Option<Self>, ApiError> {
        if let Some(order) = record::find::<Order>(tx, id)? {
            let customer = customers::shown(tx, order.customer_id)?;
            return Ok(Some(Self {
                customer: order.customer_id,
                product: order.product_id,
                subscription: None,
                order: Some(id),
                gives_access: order.gives_access() && customer["deleted_at"].is_null(),
            }));
        }
        let subscription = record::find::<Subscription>(tx, id)?;
        Ok(subscription.map(|subscription| Self {
            customer: subscription.customer_id,
            product: subscription.product_id,
            subscription: Some(id),
            order: None,
            gives_access: subscription.status.gives_access(),
        }))
    }
}

/// Has the grants of a subscription or an order brought up to date, a moment later.
pub(crate) fn settle_soon(tx: &Transaction<'_>, source: Uuid) -> Result<(), ApiError> {
    tx.schedule(Job::Grants, source, tx.now + tx.app.lag.grants())
}

/// The benefits of a product are others now: what gives access to it follows.
pub(crate) fn product_changed(tx: &Transaction<'_>, product: Uuid) -> Result<(), ApiError> {
    let of_product = "product = ? AND status IN ('active', 'trialing')";
    for subscription in record::all::<Subscription>(tx, of_product, [product.to_string()])? {
        settle_soon(tx, subscription.id)?;
    }
    let bought = "doc ->> 'product_id' = ? AND subscription IS NULL";
    for order in record::all::<Order>(tx, bought, [product.to_string()])? {
        settle_soon(tx, order.id)?;
    }
    Ok(())
}

/// A customer is deleted: what it was granted is revoked.
pub(crate) fn customer_deleted(tx: &Transaction<'_>, customer: Uuid) -> Result<(), ApiError> {
    for grant in record::all::<Grant>(tx, "customer = ? AND granted", [customer.to_string()])? {
        if let Some(source) = grant.subscription_id.or(grant.order_id) {
            settle_soon(tx, source)?;
        }
    }
    Ok(())
}

/// A new period of a subscription has begun, and what it gives goes on.
pub(crate) fn cycle(tx: &Transaction<'_>, subscription: Uuid) -> Result<(), ApiError> {
    let of = "source = ? AND granted";
    for mut grant in record::all::<Grant>(tx, of, [subscription.to_string()])? {
        grant.modified_at = Some(iso(tx.now));
        if let Some(benefit) = record::find::<Benefit>(tx, grant.benefit_id)?
            && benefit.kind == "meter_credit"
        {
            meters::credit(tx, &grant, &benefit)?;
        }
        record::save(tx, &grant)?;
        let previous = grant.properties.clone();
        emit(tx, "benefit_grant.cycled", &grant, previous)?;
        customers::state_changes(tx, grant.customer_id)?;
    }
    Ok(())
}

/// Grants and revokes what a source gives now.
pub(crate) fn settle(tx: &Transaction<'_>, id: Uuid) -> Result<(), ApiError> {
    let Some(source) = Source::find(tx, id)? else { return Ok(()) };
    let entitled = if source.gives_access {
        record::find::<Product>(tx, source.product)?.map_or_else(Vec::new, |found| found.benefits)
    } else {
        Vec::new()
    };
    let known = record::all::<Grant>(tx, "source = ?", [id.to_string()])?;
    let mut changed = false;
    for grant in &known {
        if grant.is_granted && !entitled.contains(&grant.benefit_id) {
            revoke(tx, grant.clone())?;
            changed = true;
        }
    }
    for benefit in entitled {
        let grant = known.iter().find(|grant| grant.benefit_id == benefit);
        if grant.is_none_or(|grant| !grant.is_granted)
            && let Some(benefit) = record::find::<Benefit>(tx, benefit)?
        {
            give(tx, &source, &benefit, grant.cloned())?;
            changed = true;
        }
    }
    if changed { customers::state_changes(tx, source.customer) } else { Ok(()) }
}

/// Grants a benefit, anew where it was revoked.
fn give(
    tx: &Transaction<'_>,
    source: &Source,
    benefit: &Benefit,
    known: Option<Grant>,
) -> Result<(), ApiError> {
    let is_new = known.is_none();
    let mut grant = match known {
        Some(grant) => grant,
        None => Grant {
            created_at: iso(tx.now),
            modified_at: None,
            id: Uuid::new_v4(),
            granted_at: None,
            is_granted: false,
            revoked_at: None,
            is_revoked: false,
            subscription_id: source.subscription,
            order_id: source.order,
            customer_id: source.customer,
            member_id: members::owner_id(tx, source.customer)?,
            benefit_id: benefit.id,
            error: None,
            properties: Map::new(),
        },
    };
    grant.granted_at = Some(iso(tx.now));
    grant.revoked_at = None;
    (grant.is_granted, grant.is_revoked) = (true, false);
    if !is_new {
        grant.modified_at = Some(iso(tx.now));
    }
    let previous = grant.properties.clone();
    match benefit.kind.as_str() {
        "license_keys" => license_keys::give(tx, &mut grant, benefit)?,
        "meter_credit" => meters::credit(tx, &grant, benefit)?,
        _ => {}
    }
    record::save(tx, &grant)?;
    emit(tx, "benefit_grant.created", &grant, previous)
}

fn revoke(tx: &Transaction<'_>, mut grant: Grant) -> Result<(), ApiError> {
    grant.granted_at = None;
    grant.revoked_at = Some(iso(tx.now));
    (grant.is_granted, grant.is_revoked) = (false, true);
    grant.modified_at = Some(iso(tx.now));
    license_keys::revoke(tx, &grant)?;
    record::save(tx, &grant)?;
    let previous = grant.properties.clone();
    emit(tx, "benefit_grant.revoked", &grant, previous)
}

fn emit(
    tx: &Transaction<'_>,
    kind: &str,
    grant: &Grant,
    previous: Map<String, Value>,
) -> Result<(), ApiError> {
    if !tx.is_heard() {
        return Ok(());
    }
    let mut data = grant.render(tx)?;
    data["previous_properties"] = Value::Object(previous);
    tx.emit(kind, &data)
}
