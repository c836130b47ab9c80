//! What things look like when they are right, as help texts show it.

use crate::provider::Provider;

/// An example of what messages call `what`.
pub(super) fn of(what: &str, provider: &Provider) -> Option<String> {
    let customer = &provider.customer;
    let (id, reference) = (customer.id, customer.reference);
    let text = match what {
        "a scenario" => "name: customer-mapping",
        "`tags`" => "tags: [mapping]",
        "`vars`" => "vars: { user_id: \"user_${run.id}\" }",
        "`steps`" | "a step" => "- name: Read it back",
        "`query`" => "query: { limit: 10 }",
        "`headers`" => "headers: { x-request-id: abc }",
        "`expect`" => "expect: { status: 201 }",
        "`where`" => return Some(filter(provider)),
        "`capture`" => return Some(format!("capture: {{ {reference}: {id} }}")),
        "`undo`" => {
            return Some(format!("undo: DELETE {}${{{reference}}}", customer.collection));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The `where` that selects the events of one customer, whose id was captured.
pub(super) fn filter(provider: &Provider) -> String {
    let (data, customer) = (provider.webhook.payload.data, &provider.customer);
    let (id, reference) = (customer.id, customer.reference);
    format!("where: {{ {data}: {{ {id}: \"${{{reference}}}\" }} }}")
}

#[cfg(test)]
mod tests {
    use crate::provider::made_up::ACME;
    use crate::scenario::read;

    /// What is said of a scenario with these steps.
    fn said(steps: &str) -> String {
        let found = read("a.yaml", &format!("name: a\nsteps:\n{steps}"), &ACME)
            .map_or_else(|errors| errors, |scenario| scenario.warnings);
        found.iter().map(|diagnostic| diagnostic.render(false)).collect()
    }

    #[test]
    fn help_speaks_the_words_of_the_provider() {
        for (steps, help) in [
            ("  - name: a\n    event: person.created\n", "did you mean `person.added`?"),
            (
                "  - name: a\n    event: order.paid\n",
                "look like `person.added` or `person.removed`",
            ),
            (
                "  - name: a\n    event: person.added\n",
                "`where: { person: { key: \"${person}\" } }`",
            ),
            ("  - name: a\n", "add `request: GET /…` or `event: person.added`"),
            ("  - name: a\n    request: GET x://y\n", "such as `/people/`"),
            ("  - name: a\n    request: GET /x\n    capture: 1\n", "`capture: { person: key }`"),
            ("  - name: a\n    request: GET /x\n    undo: 5\n", "`undo: DELETE /people/${person}`"),
            ("  - name: a\n    request: POST /x\n    mark: 1\n", "leaves `labels.tieback_run` off"),
            (
                "  - name: a\n    request: POST /people\n    expect: { status: 201 }\n",
                "`capture: { id: key }`",
            ),
            (
                "  - name: a\n    request: PATCH /people/by-ref/1\n    body: { email: x }\n",
                "did you mean `mail`?",
            ),
        ] {
            assert!(said(steps).contains(help), "{steps}\n{}", said(steps));
        }
        assert_eq!(said("  - name: a\n    request: POST /visits\n"), "");
    }
}
