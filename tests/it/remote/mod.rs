//! Targets that are not on this machine: the built program goes through a proxy to
//! `https://billing.example`, whose certificate only `--cacert` makes trustworthy. Behind it stands the
//! sandbox, so that every request can be counted and every answer bent.

mod api;
mod authority;
mod bases;
mod certificates;
mod loopback;
mod production;
mod program;
mod proxies;
mod redirects;
mod sources;
mod tunnel;
mod world;
