//! The arrows of one row, as a picture.

use maud::{Markup, PreEscaped, html};

use super::rows::{Arrow, Kind, Lane};

/// Where the first arrow of a row is, and the next.
const FIRST: usize = 14;
const NEXT: usize = 17;

/// The lifelines, from left to right.
pub fn lanes(app: bool) -> &'static [(Lane, &'static str)] {
    const ALL: [(Lane, &str); 4] = [
        (Lane::App, "your app"),
        (Lane::Tool, "tieback"),
        (Lane::Api, "the API"),
        (Lane::Webhooks, "its webhooks"),
    ];
    if app { &ALL } else { &ALL[1..] }
}

/// Where a lifeline is, in tenths of a percent.
fn place(lane: Lane, app: bool) -> usize {
    let lanes = lanes(app);
    let index = lanes.iter().position(|(known, _)| *known == lane).unwrap_or_default();
    (2 * index + 1) * 500 / lanes.len()
}

fn percent(tenths: usize) -> String {
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// What all strips use: the lifelines and the heads of arrows.
pub fn definitions() -> Markup {
    let heads = [("q", 9), ("a", 9), ("w", 9), ("x", 9)];
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                @for (name, size) in heads {
                    marker.{ "h" (name) } #{ "h" (name) } viewBox="0 0 10 10" refX="10" refY="5"
                        markerWidth=(size) markerHeight=(size) markerUnits="userSpaceOnUse" orient="auto" {
                        path d="M0 0 10 5 0 10z" {}
                    }
                }
                @for app in [false, true] {
                    symbol #{ "l" (lanes(app).len()) } {
                        @for (lane, _) in lanes(app) {
                            @let x = percent(place(*lane, app));
                            line.life x1=(x) x2=(x) y1="0" y2="100%" {}
                        }
                    }
                }
                symbol #cross viewBox="-8 -8 16 16" width="16" height="16" {
                    circle r="8" {}
                    path d="M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5" {}
                }
            }
        }
    }
}

/// The names of the lifelines above a picture.
pub fn head(app: bool) -> Markup {
    html! {
        div.row.head aria-hidden="true" {
            div.lanes { @for (_, name) in lanes(app) { span { (name) } } }
        }
    }
}

/// What the lines mean.
pub fn legend() -> Markup {
    let shown = [
        (Kind::Request, false, "request"),
        (Kind::Answer, false, "answer"),
        (Kind::Webhook, false, "webhook"),
        (Kind::Answer, true, "broken"),
    ];
    html! {
        ul.legend aria-hidden="true" {
            @for (kind, broken, name) in shown {
                li {
                    svg { (line(kind, broken, 0, 1000, FIRST - 6)) }
                    " " (name)
                }
            }
        }
    }
}

/// The arrows of a row, above the lifelines.
pub fn strip(arrows: &[Arrow], app: bool) -> Markup {
    html! {
        svg.strip aria-hidden="true" focusable="false" {
            (PreEscaped(format!("<use href=\"#l{}\"/>", lanes(app).len())))
            @for (number, arrow) in arrows.iter().enumerate() {
                (line(
                    arrow.kind,
                    arrow.broken,
                    place(arrow.from, app),
                    place(arrow.to, app),
                    FIRST + NEXT * number,
                ))
            }
        }
    }
}

/// Where an arrow leads, in words.
pub fn spoken(arrow: Arrow) -> String {
    let name =
        |lane| lanes(true).iter().find(|(known, _)| *known == lane).map_or("", |(_, name)| *name);
    let kind = match arrow.kind {
        Kind::Request => "request",
        Kind::Answer => "answer",
        Kind::Webhook => "webhook",
        Kind::Lost => "lost",
    };
    format!("{kind} from {} to {}", name(arrow.from), name(arrow.to))
}

fn line(kind: Kind, broken: bool, from: usize, to: usize, y: usize) -> Markup {
    let head = match kind {
        _ if broken => "x",
        Kind::Request | Kind::Lost => "q",
        Kind::Answer => "a",
        Kind::Webhook => "w",
    };
    // What was lost ends on its way.
    let end = if kind == Kind::Lost { usize::midpoint(from, to) } else { to };
    let class = match kind {
        Kind::Request => "q",
        Kind::Answer => "a",
        Kind::Webhook => "w",
        Kind::Lost => "l",
    };
    let class = if broken { format!("{class} x") } else { class.to_owned() };
    let cross = percent(usize::midpoint(from, to));
    html! {
        line class=(class) x1=(percent(from)) x2=(percent(end)) y1=(y) y2=(y)
            marker-end=[(kind != Kind::Lost).then(|| format!("url(#h{head})"))] {}
        @if broken {
            svg.cross x=(cross) y=(y) { (PreEscaped("<use href=\"#cross\" x=\"-8\" y=\"-8\"/>")) }
        }
    }
}
