//! The stable codes of diagnoses, each defined once: its variant, its name, and what it makes of a
//! step. `docs/diagnoses.md` has a page for each, in this order, and a test compares.

use super::named::named;
use super::status::Status;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal => $status:ident;)*) => {
        named! {
            /// The stable codes of diagnoses.
            #[derive(Hash)]
            pub enum Code { $($(#[$doc])* $variant = $name,)* }
        }

        impl Code {
            /// All of them, in the order in which they are documented.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Whether a step with this code could not be checked (`errored`) rather than failed.
            #[must_use]
            pub fn is_error(self) -> bool {
                match self { $(Self::$variant => Status::$status == Status::Errored,)* }
            }
        }
    };
}

codes! {
    /// No connection could be made.
    TargetUnreachable = "target_unreachable" => Errored;
    /// No whole answer in time.
    TimedOut = "timed_out" => Errored;
    /// The connection ended before the answer did.
    ConnectionLost = "connection_lost" => Errored;
    /// No secure connection could be agreed on.
    TlsFailed = "tls_failed" => Errored;
    /// 401.
    Unauthorized = "unauthorized" => Errored;
    /// 403.
    Forbidden = "forbidden" => Errored;
    /// 429, longer than the run was willing to wait.
    RateLimited = "rate_limited" => Errored;
    /// 5xx.
    ServerError = "server_error" => Failed;
    /// 4xx with the API's reasons.
    Rejected = "rejected" => Failed;
    /// A status that was not asked for.
    UnexpectedStatus = "unexpected_status" => Failed;
    /// A body that is not JSON.
    NotJson = "not_json" => Failed;
    /// The target answers from a script.
    NotStateful = "not_stateful" => Failed;
    /// Created, and then not found.
    CustomerLost = "customer_lost" => Failed;
    /// A lookup returned another customer's record.
    WrongCustomer = "wrong_customer" => Failed;
    /// The external ID is gone.
    ExternalIdLost = "external_id_lost" => Failed;
    /// The external ID is another.
    ExternalIdChanged = "external_id_changed" => Failed;
    /// The e-mail is another.
    EmailChanged = "email_changed" => Failed;
    /// No fitting webhook in time.
    WebhookMissing = "webhook_missing" => Failed;
    /// The webhook carries no external ID.
    WebhookUnmapped = "webhook_unmapped" => Failed;
    /// The webhook names another user.
    WebhookWrongUser = "webhook_wrong_user" => Failed;
    /// The webhook has no signature.
    WebhookUnsigned = "webhook_unsigned" => Failed;
    /// The webhook's signature does not verify.
    WebhookBadSignature = "webhook_bad_signature" => Failed;
    /// The webhook's timestamp is too far from now.
    WebhookStale = "webhook_stale" => Failed;
    /// The webhook cannot be read.
    WebhookMalformed = "webhook_malformed" => Failed;
    /// No way to receive events could be set up.
    NoEventSource = "no_event_source" => Errored;
    /// Any other check that failed.
    Mismatch = "mismatch" => Failed;
    /// The app gives no answer.
    AppUnreachable = "app_unreachable" => Errored;
    /// The app was started and did not get ready.
    AppNotReady = "app_not_ready" => Errored;
    /// Webhooks cannot be delivered to the app.
    AppNoHandler = "app_no_handler" => Errored;
    /// No user could be made.
    AppSignUpFailed = "app_sign_up_failed" => Failed;
    /// The sign-up made no customer.
    AppNoCustomer = "app_no_customer" => Failed;
    /// The customer of a sign-up has no external ID.
    AppExternalIdMissing = "app_external_id_missing" => Failed;
    /// The customer of a sign-up has another external ID than the user's.
    AppExternalIdWrong = "app_external_id_wrong" => Failed;
    /// The external ID came with a second call.
    AppTwoCalls = "app_two_calls" => Failed;
    /// A sign-up during trouble of the API leaves a user without a customer.
    AppHalfSignedUp = "app_half_signed_up" => Failed;
    /// A webhook as the API sends it is refused.
    AppRejectsValid = "app_rejects_valid" => Failed;
    /// An event of a type that the app does not know is refused.
    AppRejectsUnknownEvent = "app_rejects_unknown_event" => Failed;
    /// A webhook without a signature is taken.
    AppAcceptsUnsigned = "app_accepts_unsigned" => Failed;
    /// A webhook with a signature that does not verify is taken.
    AppAcceptsBadSignature = "app_accepts_bad_signature" => Failed;
    /// A webhook of another time is taken.
    AppAcceptsStale = "app_accepts_stale" => Failed;
    /// Webhooks are taken, and nothing comes of them.
    AppUntied = "app_untied" => Failed;
    /// The user who paid has no access.
    AppNoAccess = "app_no_access" => Failed;
    /// Another user has access.
    AppAccessWrongUser = "app_access_wrong_user" => Failed;
    /// Access comes from a subscription that is not active.
    AppAccessEarly = "app_access_early" => Failed;
    /// A copy of a webhook counts again.
    AppNotIdempotent = "app_not_idempotent" => Failed;
    /// The order in which webhooks come decides.
    AppOrderDependent = "app_order_dependent" => Failed;
    /// A webhook that comes early is taken and lost.
    AppDropsEarly = "app_drops_early" => Failed;
    /// A webhook that leads to no user gives access.
    AppGrantsUnmapped = "app_grants_unmapped" => Failed;
    /// Access stays when it has ended.
    AppAccessKept = "app_access_kept" => Failed;
    /// Access ends before it should.
    AppAccessLostEarly = "app_access_lost_early" => Failed;
    /// The app takes longer than the API waits.
    AppSlow = "app_slow" => Failed;
    /// The app fails with a 5xx.
    AppError = "app_error" => Failed;
}
