//! What strangers see: public workspaces, and what a link leads to ([`links`]). Public workspaces are for the people of every
//! team on the instance, and for nobody in particular where the instance lets them in (`public-access`).
//!
//! Nothing here changes anything, sends anything, or says who is a member. A document is shown as its collection has it,
//! without what is or may be a secret ([`collections::public_item`]); of an environment the values of secret variables
//! stay hidden. What is not public answers like what never was.

pub mod http;
pub mod links;

pub use links::LinkKey;

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bulla_db::Reader;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::Serialize;

use crate::collections::{self, CollectionSummary};
use crate::environments::{self, EnvironmentSummary};
use crate::error::{Error, Result};
use crate::id::{EnvironmentId, WorkspaceId};
use crate::moment::Moment;
use crate::operation::{Read, network};
use crate::workspaces::visibility::{self, Published};
use crate::{identity, workspaces};

/// A public workspace, as strangers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// The name of the team that it belongs to.
    pub team_name: String,
    /// When its name or summary changed.
    pub updated_at: Moment,
    /// Its collections, by name.
    pub collections: Vec<CollectionSummary>,
    /// Its environments, by name.
    pub environments: Vec<EnvironmentSummary>,
    /// Its globals.
    pub globals_id: EnvironmentId,
}

/// The public workspace that `read` is permission for.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace(read: &Read<'_>) -> Result<PublicWorkspace> {
    let id = read.workspace()?;
    let about = workspaces::about(read.reader(), id).await?;
    Ok(PublicWorkspace {
        id: id.clone(),
        name: about.name,
        summary: about.summary,
        team_name: identity::team(read.reader().into(), read.team()?).await?.name,
        updated_at: about.updated_at,
        collections: collections::list(read.reader(), id).await?,
        environments: environments::list(read.reader(), id).await?,
        globals_id: environments::globals_of(read.reader().into(), id).await?,
    })
}

/// A public workspace in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPublicWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// The name of the team that it belongs to.
    pub team_name: String,
    /// When its name or summary changed.
    pub updated_at: Moment,
}

/// Most workspaces on one page of the list.
pub const PAGE: i64 = 100;

/// The public workspaces of all teams by name whose name or summary holds `search`, and where the next page begins.
///
/// # Errors
///
/// [`Error::Invalid`] for an `after` that no page gave.
pub async fn list(
    reader: Reader<'_>,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<(Vec<ListedPublicWorkspace>, Option<WorkspaceId>)> {
    let limit = limit.clamp(1, PAGE);
    let mut found = visibility::published(reader, search, after, limit + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    if more {
        found.pop();
    }
    let mut teams: HashMap<String, String> = HashMap::new();
    let mut items = Vec::with_capacity(found.len());
    for Published { id, team, about } in found {
        let team_name = match teams.get(&team) {
            Some(name) => name.clone(),
            None => {
                let name = identity::team(reader.into(), &team).await?.name;
                teams.insert(team, name.clone());
                name
            }
        };
        items.push(ListedPublicWorkspace {
            id,
            name: about.name,
            summary: about.summary,
            team_name,
            updated_at: about.updated_at,
        });
    }
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok((items, next))
}

/// Slows down those who read without being signed in.
#[derive(Clone)]
pub struct Turnstile(Arc<DefaultKeyedRateLimiter<IpAddr>>);

/// Reads that one address may make at once.
pub const AT_ONCE: NonZeroU32 = NonZeroU32::new(240).expect("240 is not zero");
/// After how long it may make one more.
const ONE_MORE: Duration = Duration::from_millis(250);
/// Addresses that are remembered; of more, those are forgotten that have waited long enough.
const REMEMBERED: usize = 10_000;

impl Turnstile {
    /// One that has counted nobody yet.
    ///
    /// # Errors
    ///
    /// Never: the period is not zero.
    pub fn new() -> Result<Self> {
        let quota = Quota::with_period(ONE_MORE).ok_or_else(|| Error::unexpected("a period of no time"))?;
        Ok(Self(Arc::new(RateLimiter::keyed(quota.allow_burst(AT_ONCE)))))
    }

    /// Counts one read of somebody who is not signed in.
    ///
    /// # Errors
    ///
    /// [`Error::Crowded`] if their address has made too many.
    pub fn pass(&self, address: Option<IpAddr>) -> Result<()> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        match address {
            Some(address) if self.0.check_key(&network(address)).is_err() => Err(Error::Crowded { seconds: 1 }),
            _ => Ok(()),
        }
    }
}
