//! Members in the database.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use uuid::Uuid;

use super::model::{Member, Role};
use crate::sandbox::clock::Micros;
use crate::sandbox::customers::{self, By};
use crate::sandbox::http::{ApiError, Call, without_nul};
use crate::sandbox::validate::{Flaw, Validator};

const MISSING: ApiError = ApiError::NotFound("Member not found");

/// How one member is looked up: by its id or by the app's own, of one customer or of any.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    /// `/v1/members/{id}`
    Id(Uuid),
    /// `/v1/members/external/{external_id}`, with the customer in the query.
    External(String, Option<Uuid>, Option<String>),
    /// `/v1/customers/{id}/members/{member_id}`
    OfCustomer(Uuid, Uuid),
    /// `/v1/customers/external/{external_id}/members/{member_external_id}`
    OfExternal(String, String),
}

/// All four have one type, so that a route can name any of them.
#[expect(clippy::unnecessary_wraps, reason = "one type for all lookups")]
impl Lookup {
    /// Reads `/v1/members/{id}`.
    pub(crate) fn by_id(call: &Call, validator: &mut Validator) -> Option<Self> {
        call.any_id(validator, "id").map(Self::Id)
    }

    /// Reads `/v1/members/external/{external_id}`.
    pub(crate) fn by_external(call: &Call, validator: &mut Validator) -> Option<Self> {
        let customer = call.query.id(validator, "customer_id");
        let external = call.query.last("external_customer_id").map(str::to_owned);
        Some(Self::External(call.segment("external_id"), customer, external))
    }

    /// Reads `/v1/customers/{id}/members/{member_id}`.
    pub(crate) fn of_customer(call: &Call, validator: &mut Validator) -> Option<Self> {
        let (customer, member) = (call.id(validator, "id"), call.any_id(validator, "member_id"));
        Some(Self::OfCustomer(customer?, member?))
    }

    /// Reads `/v1/customers/external/{external_id}/members/{member_external_id}`.
    pub(crate) fn of_external(call: &Call, _: &mut Validator) -> Option<Self> {
        Some(Self::OfExternal(call.segment("external_id"), call.segment("member_external_id")))
    }
}

/// The member, or the 404.
pub(super) fn find(connection: &Connection, lookup: &Lookup) -> Result<Member, ApiError> {
    let by_id = |id: &Uuid| one(connection, "id = ?1", params![id.as_bytes().as_slice()]);
    let doc = match lookup {
        Lookup::Id(id) => by_id(id)?,
        Lookup::OfCustomer(customer, id) => {
            let (customer, id) = (customer.as_bytes().as_slice(), id.as_bytes().as_slice());
            one(
                connection,
                "id = ?1 AND customer = (SELECT seq FROM customer WHERE id = ?2)",
                params![id, customer],
            )?
        }
        Lookup::External(external_id, customer, external_customer) => {
            let customer = match (customer, external_customer) {
                (Some(id), None) => *id,
                (None, Some(external)) => {
                    customer_id(connection, &By::External(external.clone()))?.ok_or(MISSING)?
                }
                (None, None) => {
                    return Err(one_customer(
                        "missing",
                        "One of customer_id or external_customer_id must be provided.",
                    ));
                }
                (Some(_), Some(_)) => {
                    let msg = "Only one of customer_id or external_customer_id may be provided.";
                    return Err(one_customer("value_error", msg));
                }
            };
            of_customer(connection, customer, external_id)?
        }
        Lookup::OfExternal(external_customer, external_id) => {
            match customer_id(connection, &By::External(external_customer.clone()))? {
                Some(id) => of_customer(connection, id, external_id)?,
                None => None,
            }
        }
    };
    Ok(serde_json::from_str(&doc.ok_or(MISSING)?)?)
}

/// An external id is the app's, and unique per customer: exactly one customer has to be named
/// (from Polar's source).
fn one_customer(kind: &'static str, msg: &str) -> ApiError {
    let loc = vec!["query".into()];
    ApiError::Rules(vec![Flaw { kind, loc, msg: msg.to_owned(), input: Value::Null, ctx: None }])
}

fn of_customer(
    connection: &Connection,
    customer: Uuid,
    external_id: &str,
) -> Result<Option<String>, ApiError> {
    without_nul(external_id)?;
    let customer = customer.as_bytes().as_slice();
    one(
        connection,
        "customer = (SELECT seq FROM customer WHERE id = ?1) AND external_id = ?2",
        params![customer, external_id],
    )
}

fn one(
    connection: &Connection,
    clause: &str,
    values: impl rusqlite::Params,
) -> Result<Option<String>, ApiError> {
    let sql = format!("SELECT doc FROM member WHERE {clause} ORDER BY seq LIMIT 1");
    Ok(connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?)
}

/// The id of a customer that is there.
pub(super) fn customer_id(connection: &Connection, by: &By) -> Result<Option<Uuid>, ApiError> {
    match customers::document(connection, by)? {
        Some(doc) => Ok(Some(serde_json::from_str::<customers::Customer>(&doc)?.id)),
        None => Ok(None),
    }
}

/// A member's document; null where it is gone.
pub(crate) fn shown(connection: &Connection, id: Uuid) -> Result<Value, ApiError> {
    let doc = one(connection, "id = ?1", params![id.as_bytes().as_slice()])?;
    Ok(doc.map(|doc| serde_json::from_str(&doc)).transpose()?.unwrap_or_default())
}

/// The owner of a customer.
pub(crate) fn owner_id(connection: &Connection, customer: Uuid) -> Result<Option<Uuid>, ApiError> {
    let members = all_of(connection, customer)?;
    Ok(members.iter().find(|member| member.role == Role::Owner).map(|member| member.id))
}

/// The members of a customer, oldest first.
pub(super) fn all_of(connection: &Connection, customer: Uuid) -> Result<Vec<Member>, ApiError> {
    connection
        .prepare_cached(
            "SELECT doc FROM member WHERE customer = (SELECT seq FROM customer WHERE id = ?) \
             ORDER BY seq",
        )?
        .query_map([customer.as_bytes().as_slice()], |row| row.get::<_, String>(0))?
        .map(|doc| Ok(serde_json::from_str(&doc?)?))
        .collect()
}

/// The member of a customer with an e-mail, ignoring case.
pub(super) fn with_email(
    connection: &Connection,
    customer: Uuid,
    email: &str,
) -> Result<Option<String>, ApiError> {
    let customer = customer.as_bytes().as_slice();
    one(
        connection,
        "customer = (SELECT seq FROM customer WHERE id = ?1) AND email_key = ?2",
        params![customer, email.to_lowercase()],
    )
}

/// A new member as it stands in the database. Rendering it needs no transaction.
pub(crate) struct NewMember {
    id: Uuid,
    created_at: Micros,
    customer: Uuid,
    email_key: String,
    external_id: Option<String>,
    role: Role,
    doc: String,
}

impl NewMember {
    pub(crate) fn of(member: &Member, created_at: Micros) -> Result<Self, ApiError> {
        Ok(Self {
            id: member.id,
            created_at,
            customer: member.customer_id,
            email_key: member.email.to_lowercase(),
            external_id: member.external_id.clone(),
            role: member.role,
            doc: serde_json::to_string(member)?,
        })
    }

    /// Adds it.
    pub(crate) fn insert(self, connection: &Connection) -> Result<String, ApiError> {
        connection
            .prepare_cached(
                "INSERT INTO member (id, created_at, customer, email_key, external_id, role, doc)
                 VALUES (?, ?, (SELECT seq FROM customer WHERE id = ?), ?, ?, ?, ?)",
            )?
            .execute(params![
                self.id.as_bytes().as_slice(),
                self.created_at,
                self.customer.as_bytes().as_slice(),
                self.email_key,
                self.external_id,
                self.role.as_str(),
                self.doc,
            ])?;
        Ok(self.doc)
    }
}

/// Writes a changed member back.
pub(super) fn save(connection: &Connection, member: &Member) -> Result<String, ApiError> {
    let doc = serde_json::to_string(member)?;
    connection
        .prepare_cached(
            "UPDATE member SET email_key = ?, external_id = ?, role = ?, doc = ? WHERE id = ?",
        )?
        .execute(params![
            member.email.to_lowercase(),
            member.external_id,
            member.role.as_str(),
            doc,
            member.id.as_bytes().as_slice()
        ])?;
    Ok(doc)
}

/// Removes a member.
pub(super) fn remove(connection: &Connection, id: Uuid) -> Result<(), ApiError> {
    connection
        .prepare_cached("DELETE FROM member WHERE id = ?")?
        .execute([id.as_bytes().as_slice()])?;
    Ok(())
}
