//! The app file of a run: read, with the variables of the environment filled in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::{Value as Json, json};

use crate::cli::connection::parse_base_url;
use crate::cli::load::{Problem, render};
use crate::cli::{colour, output};
use crate::environment::Environment;
use crate::http::BaseUrl;
use crate::provider::POLAR;
use crate::report::ColorChoice;
use crate::scenario::{self, AppFile, ENVIRONMENT, Template};
use crate::variables::Variables;

/// What people call their app file.
pub(super) const USUAL_FILE: &str = "tieback.yaml";

/// An app file that was read, with the variables of the environment that it uses.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) file: Arc<AppFile>,
    pub(super) folder: PathBuf,
    pub(super) url: BaseUrl,
    pub(super) variables: Variables,
    pub(super) deliver_elsewhere: bool,
}

/// Reads an app file. `None` where it is wrong: that was said then.
pub(super) fn read(
    path: &Path,
    environment: &Environment,
    deliver_elsewhere: bool,
    color: ColorChoice,
) -> anyhow::Result<Option<Given>> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--app: cannot read the app file {shown}"))?;
    let file = match scenario::read_app_file(&shown, &text, &POLAR) {
        Ok(file) => file,
        Err(found) => {
            let problems: Vec<_> =
                found.into_iter().map(|one| Problem::Mistake(Box::new(one))).collect();
            output::stderr(&render(&problems, colour::wanted(color, &std::io::stderr())));
            return Ok(None);
        }
    };
    let mut variables = Variables::default();
    for name in file.environment() {
        let value = environment.get(&name)?.with_context(|| {
            format!("{shown} reads the environment variable {name}, which is not set")
        })?;
        variables.set(format!("{ENVIRONMENT}{name}"), json!(value));
    }
    let url = filled(&variables, &file.url, &shown)?;
    let url = parse_base_url(&url, "the app file's `url`")?;
    ensure!(
        url.is_https() || url.is_loopback(),
        "{shown}: `url` is not encrypted; plain http is for apps on this machine"
    );
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    Ok(Some(Given { file: Arc::new(file), folder, url, variables, deliver_elsewhere }))
}

/// A text that is known before anything is started.
pub(super) fn filled(
    variables: &Variables,
    template: &Template,
    file: &str,
) -> anyhow::Result<String> {
    variables.text(template).with_context(|| {
        format!("{file}: `{template}` stands where nothing but ${{env.NAME}} is known yet")
    })
}

impl Given {
    /// The records that the embedded sandbox has from the start: the products, each with a benefit,
    /// so that a subscription is followed by a grant.
    pub(super) fn seed(&self) -> anyhow::Result<Option<Json>> {
        if self.file.products.is_empty() {
            return Ok(None);
        }
        let mut products = Vec::new();
        for product in &self.file.products {
            let id = filled(&self.variables, &product.id, &self.file.source.name)?;
            ensure!(
                uuid::Uuid::try_parse(&id).is_ok(),
                "{}: the id of a product is a UUID, not `{id}`",
                self.file.source.name
            );
            let price = if product.price == 0 {
                json!({ "amount_type": "free" })
            } else {
                let amount = product.price;
                json!({ "amount_type": "fixed", "price_amount": amount, "price_currency": "usd" })
            };
            let mut body = json!({
                "id": id,
                "name": product.name,
                "prices": [price],
                "benefits": [BENEFIT],
            });
            if let Some(interval) = product.interval {
                body["recurring_interval"] = json!(interval);
            }
            products.push(body);
        }
        let benefit = json!({ "type": "custom", "description": BENEFIT, "properties": {} });
        Ok(Some(json!({ "benefits": [benefit], "products": products })))
    }

    /// The values of the environment that the file hands on and that are not to be printed: all but
    /// those in its URL and in the ids of products, and short ones.
    pub(super) fn private_values(&self) -> Vec<String> {
        const SHORT: usize = 6;
        let shown = [&self.file.url].into_iter().chain(self.file.products.iter().map(|it| &it.id));
        let shown: Vec<_> = shown.flat_map(Template::variables).map(|(name, _)| name).collect();
        let names = self.file.environment().into_iter().map(|name| format!("{ENVIRONMENT}{name}"));
        let private = names.filter(|name| !shown.contains(&name.as_str()));
        let values =
            private.filter_map(|name| self.variables.get(&name).ok()?.as_str().map(str::to_owned));
        values.filter(|value| value.len() >= SHORT).collect()
    }

    /// The id of the first product, where there is one.
    pub(super) fn product(&self) -> Option<String> {
        let id = &self.file.products.first()?.id;
        self.variables.text(id).ok()
    }
}

/// The benefit of the products that are made for an app.
const BENEFIT: &str = "Access";
