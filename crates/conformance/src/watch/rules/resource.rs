//! What an application says on its own pages, where they pass through the watch: hub links and token cookies.

use assay_client::link::Link;

use crate::watch::{
    jwt::tokens_in,
    rule::{Rule, Sight, quoted, rule},
    scene::{
        Scene, SetCookie,
        When::{Page, Resource},
        token_cookies,
    },
};

use super::text::forbidden;

const LINK: &str = "Link: <HUB>; rel=\"mercure\" on the resource";
const TARGET: &str = "the URL of the hub, as browsers reach it, in the link";
const SELF: &str = "Link: <TOPIC>; rel=\"self\" with the first topic of the updates";
const AT_DISCOVERY: &str = "Set-Cookie on the answer that has the Link with rel=\"mercure\"";
const DOMAIN: &str = "a Domain that is the host of the hub, or above it";
const SECURE: &str = "Set-Cookie: …; Secure; HttpOnly; SameSite=Strict; Path=/.well-known/mercure";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule("discovery.publisher.advertise", Resource, LINK, advertises),
    rule(
        "discovery.publisher.target-is-hub",
        Resource,
        TARGET,
        target_is_hub,
    ),
    rule(
        "discovery.link.type-constraints",
        Resource,
        "a type without control and invisible characters",
        |scene| {
            each_type(scene, |value| {
                forbidden(value).map(|it| format!("{it} in the type"))
            })
        },
    ),
    rule(
        "discovery.link.type-not-mercure",
        Resource,
        "another type: mercure is the hub's own",
        |scene| {
            each_type(scene, |value| {
                (value == "mercure").then(|| "type=\"mercure\"".to_owned())
            })
        },
    ),
    rule(
        "discovery.link.homogeneous",
        Resource,
        "no type on the Link of a resource whose updates have several",
        homogeneous,
    ),
    rule(
        "discovery.self.single",
        Resource,
        "one link with rel=\"self\"",
        single_self,
    ),
    rule("discovery.self.canonical", Resource, SELF, canonical_self),
    rule(
        "auth.cookie.set-at-discovery",
        Resource,
        AT_DISCOVERY,
        set_at_discovery,
    ),
    rule(
        "auth.cookie.same-site",
        Resource,
        "an application and a hub under one registrable domain, or Authorization with fetch()",
        same_site,
    ),
    rule("auth.cookie.domain", Resource, DOMAIN, domain_covers),
    rule("auth.cookie.secure", Resource, SECURE, |scene| {
        has(scene, "secure")
    }),
    rule("auth.cookie.httponly", Resource, SECURE, |scene| {
        has(scene, "httponly")
    }),
    rule(
        "auth.cookie.samesite-strict",
        Resource,
        SECURE,
        same_site_strict,
    ),
    rule("auth.cookie.path", Resource, SECURE, path_is_the_hubs),
    rule(
        "security.token.not-in-js",
        Page,
        "the token in an HttpOnly cookie",
        not_in_page,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[
    rule(
        "discovery.publisher-advertises-hub",
        Resource,
        LINK,
        advertises,
    ),
    rule(
        "discovery.link-target-is-hub",
        Resource,
        TARGET,
        target_is_hub,
    ),
    rule(
        "discovery.rel-self-canonical",
        Resource,
        SELF,
        canonical_self,
    ),
    rule(
        "auth.cookie-set-at-discovery",
        Resource,
        AT_DISCOVERY,
        set_at_discovery,
    ),
    rule(
        "auth.cookie-same-domain",
        Resource,
        "an application and a hub under one domain, or Authorization with fetch()",
        same_site,
    ),
    rule("auth.cookie-domain-attr", Resource, DOMAIN, domain_covers),
    rule("auth.cookie-secure-attr", Resource, SECURE, |scene| {
        has(scene, "secure")
    }),
    rule("auth.cookie-httponly-attr", Resource, SECURE, |scene| {
        has(scene, "httponly")
    }),
    rule("auth.cookie-samesite-attr", Resource, SECURE, |scene| {
        has(scene, "samesite")
    }),
    rule("auth.cookie-path-attr", Resource, SECURE, path_is_the_hubs),
    rule(
        "auth.jws-not-in-js",
        Page,
        "the token in an HttpOnly cookie",
        not_in_page,
    ),
];

fn advertises(scene: &Scene) -> Sight {
    let links = scene.hub_links().count();
    if scene.before.updates.is_none() && links == 0 {
        return Sight::Unseen;
    }
    Sight::right_if(links > 0, || {
        "a resource that updates are published of, without Link to the hub".to_owned()
    })
}

/// Only links to this hub and its server: others are not behind this watch.
fn target_is_hub(scene: &Scene) -> Sight {
    let host = scene.exchange.asked.field("host").unwrap_or_default();
    Sight::worst(scene.hub_links().map(|link| {
        if scene.leads_to_the_hub(&link.target) {
            return Sight::Right;
        }
        let target = scene.site.hub.join(&link.target).ok();
        let here = target.is_some_and(|url| {
            url.origin() == scene.site.hub.origin() || link.target.contains(&format!("://{host}/"))
        });
        if here {
            Sight::Wrong(format!(
                "a link to {}, which is not the hub",
                quoted(&link.target)
            ))
        } else {
            Sight::Unseen
        }
    }))
}

fn each_type(scene: &Scene, fault: fn(&str) -> Option<String>) -> Sight {
    let judged = |link: Link| {
        let value = link.parameter("type")?.to_owned();
        Some(fault(&value).map_or(Sight::Right, Sight::Wrong))
    };
    Sight::worst(scene.hub_links().filter_map(judged))
}

fn homogeneous(scene: &Scene) -> Sight {
    let Some(updates) = &scene.before.updates else {
        return Sight::Unseen;
    };
    Sight::worst(scene.hub_links().filter_map(|link| {
        let told = link.parameter("type")?.to_owned();
        let fits = !updates.is_mixed && updates.event_type == told;
        Some(Sight::right_if(fits, || {
            format!(
                "type {}, which not all updates of the resource have",
                quoted(&told)
            )
        }))
    }))
}

fn single_self(scene: &Scene) -> Sight {
    let mut targets: Vec<_> = scene.self_links().map(|link| link.target).collect();
    targets.sort();
    targets.dedup();
    match targets.len() {
        0 => Sight::Unseen,
        several => Sight::right_if(several == 1, || {
            format!("{several} links with rel=\"self\"")
        }),
    }
}

fn canonical_self(scene: &Scene) -> Sight {
    let Some(updates) = scene.before.updates.as_ref().filter(|it| it.is_canonical) else {
        return Sight::Unseen;
    };
    debug_assert!(updates.is_canonical);
    let own = scene.url();
    Sight::worst(scene.self_links().map(|link| {
        let target = scene.site.hub.join(&link.target).ok();
        let same = target.as_ref().map(url::Url::path) == own.as_ref().map(url::Url::path);
        Sight::right_if(same, || {
            format!(
                "rel=\"self\" leads to {}, and updates are published of this URL",
                quoted(&link.target)
            )
        })
    }))
}

fn each_cookie(scene: &Scene, judge: impl Fn(&SetCookie) -> Sight) -> Sight {
    let cookies = scene
        .answer()
        .map(|answer| token_cookies(answer, &scene.site));
    Sight::worst(cookies.unwrap_or_default().iter().map(judge))
}

fn set_at_discovery(scene: &Scene) -> Sight {
    each_cookie(scene, |cookie| {
        Sight::right_if(scene.hub_links().next().is_some(), || {
            format!(
                "the cookie {} on an answer without Link to the hub",
                quoted(&cookie.name)
            )
        })
    })
}

/// The host of the hub as its link names it, and ours, without port.
fn hosts(scene: &Scene) -> Option<(String, String)> {
    let host = scene.exchange.asked.field("host")?;
    let own = url::Url::parse(&format!("http://{host}/")).ok()?;
    let link = scene.hub_links().next()?;
    let hub = own.join(&link.target).ok()?;
    Some((own.host_str()?.to_owned(), hub.host_str()?.to_owned()))
}

/// Without the list of public suffixes only what is certain: the same host, one below the other, or nothing in common.
fn same_site(scene: &Scene) -> Sight {
    each_cookie(scene, |_| {
        let Some((own, hub)) = hosts(scene) else {
            return Sight::Unseen;
        };
        let below = |host: &str, top: &str| host == top || host.ends_with(&format!(".{top}"));
        let last = |host: &str| host.rsplit('.').next().unwrap_or_default().to_owned();
        if below(&own, &hub) || below(&hub, &own) {
            Sight::Right
        } else if last(&own) == last(&hub) {
            Sight::Unseen
        } else {
            Sight::Wrong(format!(
                "a cookie of {} for a hub at {}",
                quoted(&own),
                quoted(&hub)
            ))
        }
    })
}

fn domain_covers(scene: &Scene) -> Sight {
    each_cookie(scene, |cookie| {
        let (Some(domain), Some((own, hub))) = (cookie.attribute("domain"), hosts(scene)) else {
            return Sight::Unseen;
        };
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        let covers = |host: &str| host == domain || host.ends_with(&format!(".{domain}"));
        Sight::right_if(covers(&own) && covers(&hub), || {
            format!("Domain={} for a hub at {}", quoted(&domain), quoted(&hub))
        })
    })
}

fn has(scene: &Scene, attribute: &str) -> Sight {
    each_cookie(scene, |cookie| {
        Sight::right_if(cookie.attribute(attribute).is_some(), || {
            format!("the cookie {} without {attribute}", quoted(&cookie.name))
        })
    })
}

fn same_site_strict(scene: &Scene) -> Sight {
    each_cookie(scene, |cookie| {
        let value = cookie.attribute("samesite").unwrap_or("none at all");
        match value.to_ascii_lowercase().as_str() {
            "strict" => Sight::Right,
            // auth.cookie.samesite-lax permits it.
            "lax" => Sight::Noted("SameSite=Lax, for navigations from other sites".to_owned()),
            _ => Sight::Wrong(format!("SameSite: {}", quoted(value))),
        }
    })
}

fn path_is_the_hubs(scene: &Scene) -> Sight {
    each_cookie(scene, |cookie| {
        let path = cookie.attribute("path").unwrap_or_default();
        Sight::right_if(path == scene.site.hub.path(), || {
            format!("Path={}", quoted(path))
        })
    })
}

fn not_in_page(scene: &Scene) -> Sight {
    let text = scene.page.as_deref().unwrap_or_default();
    Sight::right_if(tokens_in(text) == 0, || {
        format!("a token in the body of {}", quoted(&scene.path))
    })
}
