//! What is seen to break in apps that sell with Polar.

use crate::provider::pitfall::Language::{Go, Php, Python, Ruby, Script};
use crate::provider::pitfall::{Look, Part, Pitfall};

/// All of them. Each has a right and a wrong form in the tests of `init`.
pub(super) const PITFALLS: [Pitfall; 7] = [
    Pitfall {
        title: "access ends at `subscription.canceled`",
        help: "the user has paid until the period ends: end access at `subscription.revoked`",
        page: "app_access_lost_early",
        looks: &[
            Look {
                languages: &[Script, Php, Go],
                part: Part::Block(
                    r#"(?:\bcase\s+|==\s*)["']subscription\.canceled["']|\bonSubscriptionCanceled\s*:|["']subscription\.canceled["']\s*=>"#,
                ),
                wrong: ENDS_ACCESS,
                right: LOOKS_AT_THE_END,
                ..Look::ANY
            },
            Look {
                languages: &[Python, Ruby],
                part: Part::Block(
                    r#"(?m)^[ \t]*(?:if|elif|elsif|case|when)\b[^\n]*["']subscription\.canceled["'][^\n]*"#,
                ),
                wrong: ENDS_ACCESS,
                right: LOOKS_AT_THE_END,
                ..Look::ANY
            },
        ],
    },
    Pitfall {
        title: "the user of a webhook is looked up by e-mail",
        help: "addresses change, and two accounts can share one: look the user up by the \
               customer's external id",
        page: "app_access_wrong_user",
        looks: &[
            Look {
                languages: &[Script],
                wrong: r"(?:where:\s*\{\s*|findOne\(\s*\{\s*)email:\s*[\w.?!]*\bcustomer\??\.email\b|\beq\(\s*[\w.]*email\s*,\s*[\w.?!]*\bcustomer\??\.email\b|\b\w*[bB]y_?[eE]mail\(\s*[\w.?!]*\bcustomer\??\.email\b",
                ..Look::ANY
            },
            Look {
                languages: &[Python],
                wrong: r#"\b(?:get|filter|get_or_none|first|get_object_or_404|filter_by|find_one)\([^()\n]*\bemail(?:__iexact)?["']?\s*[=:]\s*[\w\[\]"'.]*(?:\[["']customer["']\]\[["']email["']\]|\bcustomer\.email\b)|\b\w*by_email\(\s*[\w\[\]"'.]*(?:\[["']customer["']\]\[["']email["']\]|\bcustomer\.email\b)"#,
                ..Look::ANY
            },
            Look {
                languages: &[Ruby],
                wrong: r#"\bfind_by!?\(?\s*email:\s*[\w\[\]"':.]*(?:\[["':]customer["']?\]\[["':]email["']?\]|\.dig\([^)]*["':]customer["']?\s*,\s*["':]email["']?\s*\))"#,
                ..Look::ANY
            },
            Look {
                languages: &[Php],
                wrong: r#"where\(\s*['"]email['"]\s*,\s*\$[^;\n]*(?:\[['"]customer['"]\]\[['"]email['"]\]|customer\.email)"#,
                ..Look::ANY
            },
            Look {
                languages: &[Go],
                wrong: r"\b\w*ByEmail\([^)\n]*\bCustomer\.Email\b",
                ..Look::ANY
            },
        ],
    },
    Pitfall {
        title: "the external id is written in the other case",
        help: "the TypeScript SDK takes `externalId`; Python and raw HTTP take `external_id`, and \
               what is not known is ignored",
        page: "app_external_id_missing",
        looks: &[
            Look {
                languages: &[Script],
                part: Part::Call(r"\.customers\s*\.\s*(?:create|update)\s*\("),
                wrong: r#"\bexternal_id\b["']?\s*:"#,
                right: r"\bmetadata\s*:",
                ..Look::ANY
            },
            Look {
                languages: &[Script],
                part: Part::Call(r"\.checkouts\s*\.\s*create\s*\("),
                wrong: r#"\b(?:external_customer_id|customer_external_id)\b["']?\s*:"#,
                right: r"[mM]etadata\s*:",
                ..Look::ANY
            },
            Look {
                languages: &[Script],
                about: r#"["']@polar-sh/"#,
                wrong: r"\.customer\??\.external_id\b",
                never: r"\bJSON\.parse\(|\.json\(\)",
                ..Look::ANY
            },
            Look {
                languages: &[Script],
                part: Part::Call(r"\bfetch\s*\("),
                wrong: r#"(?s)/v1/customers.*[{,]\s*["']?(?P<at>externalId)["']?\s*[:,}]"#,
                right: r"\bmetadata\s*:",
                ..Look::ANY
            },
            Look {
                languages: &[Python],
                part: Part::Call(r"\.customers\.(?:create|update)(?:_async)?\s*\("),
                wrong: r#"["']externalId["']\s*:|\bexternalId\s*="#,
                right: r"\bmetadata\b",
                ..Look::ANY
            },
            Look {
                languages: &[Python, Ruby, Php],
                part: Part::Call(r"\b(?:post|patch|polar|request)\s*\("),
                wrong: r#"(?s)/v1/customers.*["']?(?P<at>\bexternalId)["']?\s*(?:=>|:)"#,
                right: r"\bmetadata\b",
                ..Look::ANY
            },
            Look {
                languages: &[Python, Ruby, Php],
                wrong: r#"\[["']customer["']\](?:\[|\.get\(\s*)["'](?P<at>externalId)["']"#,
                ..Look::ANY
            },
            Look {
                languages: &[Go],
                about: r"/v1/customers",
                wrong: r#"json:"externalId[",]"#,
                ..Look::ANY
            },
        ],
    },
    Pitfall {
        title: "an error of the webhook handler is answered with 200",
        help: "what is answered 2xx is never sent again: answer 500, so that it is",
        page: "app_untied",
        looks: &[
            Look {
                languages: &[Script],
                about: A_HANDLER,
                part: Part::Block(r"\bcatch\s*(?:\([^)]*\)\s*)?"),
                wrong: r#"\bstatus\(\s*200\s*\)|\bsendStatus\(\s*200\s*\)|\bstatus:\s*200\b|\breturn\s+(?:NextResponse|Response|c|ctx|context|res|reply|json)\s*(?:\.\s*(?:json|send|text))?\(\s*(?:\{\s*["']?(?:received|ok|success)["']?\s*:\s*true|["'](?:ok|OK|received)["']\s*\))"#,
                right: concat!(
                    r"\bstatus:?\s*\(?\s*[45]\d\d|sendStatus\(\s*[45]|,\s*[45]\d\d\s*\)|\bthrow\b|",
                    "(?i:unique|duplicate|p2002|23505|already|conflict)"
                ),
                ..Look::ANY
            },
            Look {
                languages: &[Python],
                about: A_HANDLER,
                part: Part::Block(r"(?m)^[ \t]*except\b[^\n]*"),
                wrong: r#"\breturn\s+(?:JSONResponse|JsonResponse|Response|HttpResponse)\(\s*(?:\{|\)|["'](?:ok|OK)["']\s*\)|status(?:_code)?\s*=\s*200)|\breturn\s*\{|\bstatus(?:_code)?\s*=\s*200\b|\breturn\s+["'][^"'\n]*["']\s*,\s*200\b"#,
                right: concat!(
                    r"(?:status(?:_code)?\s*=\s*|,\s*)[45]\d\d|\braise\b|",
                    "(?i:unique|duplicate|integrity|already|conflict)"
                ),
                ..Look::ANY
            },
            Look {
                languages: &[Ruby],
                about: A_HANDLER,
                part: Part::Block(r"(?m)^[ \t]*rescue\b[^\n]*"),
                wrong: r"\bhead\s*\(?\s*(?::ok\b|200\b)|\bstatus:\s*(?:200\b|:ok\b)",
                right: r"\braise\b|(?i:unique|duplicate|already|conflict)",
                ..Look::ANY
            },
            Look {
                languages: &[Php],
                about: A_HANDLER,
                part: Part::Block(r"\bcatch\s*\([^)]*\)\s*"),
                wrong: r#"\bresponse\(\s*\)->noContent\(|\bresponse\(\s*(?:['"][^'"\n]*['"]\s*)?(?:,\s*200\s*)?\)\s*;|\bresponse\(\s*\)->json\(\s*\[[^\]]*\]\s*(?:,\s*200\s*)?\)"#,
                right: r"\bthrow\b|(?i:unique|duplicate|already|conflict)",
                ..Look::ANY
            },
            Look {
                languages: &[Go],
                about: A_HANDLER,
                part: Part::Block(r"\berr\s*!=\s*nil\s*"),
                wrong: r"\bWriteHeader\(\s*(?:200|http\.StatusOK)\s*\)",
                right: r"\bhttp\.Error\(|(?i:unique|duplicate|already|conflict)",
                ..Look::ANY
            },
        ],
    },
    Pitfall {
        title: "a signature is made without the webhook's id",
        help: "signed is `{webhook-id}.{webhook-timestamp}.{body}`: a library of Standard Webhooks \
               does it right",
        page: "app_rejects_valid",
        looks: &[Look {
            languages: &[Script, Python, Ruby, Php, Go],
            about: r"(?i)webhook[-_]signature",
            wrong: r"\bcreateHmac\s*\(|\bhmac\.new\s*\(|\bOpenSSL::HMAC\b|\bhash_hmac\s*\(|\bhmac\.New\s*\(",
            never: r"(?i)webhook[-_]?id\b",
            ..Look::ANY
        }],
    },
    Pitfall {
        title: "the external id is set by a second call",
        help: "give it to the call that creates the customer: webhooks of the creation carry it \
               then, and no failure between the two leaves a user untied",
        page: "app_two_calls",
        looks: &[
            Look {
                languages: &[Script],
                part: Part::CallAfter(
                    r"\.customers\s*\.\s*update\s*\(",
                    r"\.customers\s*\.\s*create\s*\(",
                ),
                wrong: r"\bexternalId\b",
                ..Look::ANY
            },
            Look {
                languages: &[Python],
                part: Part::CallAfter(
                    r"\.customers\.update(?:_async)?\s*\(",
                    r"\.customers\.create(?:_async)?\s*\(",
                ),
                wrong: r"\bexternal_id\b",
                ..Look::ANY
            },
        ],
    },
    Pitfall {
        title: "the user's id comes from the browser",
        help: "anybody can send another user's id: take it from the session",
        page: "app_access_wrong_user",
        looks: &[
            Look {
                languages: &[Script],
                part: Part::Call(BROWSER_CALL),
                wrong: r"\b(?:externalCustomerId|customerExternalId)\s*:\s*(?:[\w.()]*\bsearchParams\.get\(|(?:req|request|c\.req|ctx\.req)\.(?:query|body)\b)",
                never: SIGNED_IN,
                ..Look::ANY
            },
            Look {
                languages: &[Script],
                part: Part::Call(BROWSER_CALL),
                wrong: r"\b(?:externalCustomerId|customerExternalId)\s*:\s*(?P<name>[A-Za-z_]\w*)\s*[,}]",
                also: r"\b(?:const|let)\s+(?:\{[^}]*\bNAME\b[^}]*\}\s*=\s*(?:await\s+)?(?:req|request|c\.req|ctx\.req|event\.request)\.(?:json\(\)|body\b|query\b)|NAME\s*=\s*[\w.()]*\bsearchParams\.get\(|NAME\s*=\s*(?:req|request|c\.req|ctx\.req)\.(?:query|body)\b)",
                never: SIGNED_IN,
                ..Look::ANY
            },
            Look {
                languages: &[Python],
                wrong: r#"\bexternal_customer_id["']?\s*[:=]\s*(?:str\(\s*)?request\.(?:args|query_params|GET|POST|json|form|data)\b"#,
                ..Look::ANY
            },
            Look {
                languages: &[Ruby],
                wrong: r#"\bexternal_customer_id["']?\s*(?::|=>)\s*params[\[.]"#,
                ..Look::ANY
            },
            Look {
                languages: &[Php],
                wrong: r#"['"]external_customer_id['"]\s*=>\s*\$request->(?:input|query|get|post)\("#,
                ..Look::ANY
            },
            Look {
                languages: &[Go],
                wrong: r#"(?:ExternalCustomerID:|"external_customer_id":)\s*[\w.()]*\br\.(?:URL\.Query\(\)\.Get|FormValue)\("#,
                ..Look::ANY
            },
        ],
    },
];

/// A plan, a flag or a function that takes access away.
const ENDS_ACCESS: &str = concat!(
    r#"(?i)\b(?:plan|tier)["']?\s*(?:=>|:=|[:=])\s*["']free["']|"#,
    r#"\b(?:has_?access|is_?pro|is_?premium|is_?paid|is_?subscribed|subscribed|premium|active)["']?"#,
    r"\s*(?:=>|:=|[:=])\s*false\b|",
    r"\b(?:revoke|remove|end|withdraw)_?(?:access|plan|pro|premium)\w*\b|\bdowngrade\w*\s*\("
);

/// What shows that the time of the end is looked at.
const LOOKS_AT_THE_END: &str = r"(?i)ends_?at|period_?end|status|schedule";

/// A file that takes webhooks.
const A_HANDLER: &str = concat!(
    r"(?i)webhook[-_]signature|validate_?event|standard-?webhooks|",
    r#"["'](?:subscription|order|benefit_grant|checkout|customer)\.[a-z_]+["']"#
);

/// Calls that begin what a user does in a browser.
const BROWSER_CALL: &str = r"\.(?:checkouts|customerSessions)\s*\.\s*create\s*\(";

/// What shows that a file knows who is signed in.
const SIGNED_IN: &str =
    r"(?i)session\b|\bauth\(|\bauth\.|getAuth|currentUser|locals\.user|getUser\(|verifyToken|jwt";
