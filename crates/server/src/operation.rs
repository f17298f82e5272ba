//! The one door for change: `Operation → Change → commit`.
//!
//! A handler receives an [`Operation`]: who asks, in which team, how the request came. [`Operation::read`] and
//! [`Operation::change`] ask [`bulla_access::decide`] about an [`Action`] on a thing; the second also opens the
//! transaction, and decides inside it, so that a role that was taken away a moment ago is gone. [`Change::commit`] writes
//! the audit event in that transaction and ends it. There is no other way to get a transaction that can write.
//!
//! A refusal is audited too: there a small transaction holds the event alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{COOKIE, USER_AGENT};
use axum::http::request::Parts;
use bulla_access::{Action, Actor, Explanation, Object, Plan, Reason, Who, WorkspaceRole, decide, explain};
use bulla_audit::{Event, Field, Origin, Outcome, Target};
use bulla_db::{Database, Place, Reader, Transaction};
use bulla_seal::Key;
use tokio::sync::Notify;

use crate::app::{App, RequestId, api_key};
use crate::error::{Error, Result};
use crate::id::{self, BodyId, CollectionId, EnvironmentId, ItemId, PersonId, RunId, TrashId, WorkspaceId};
use crate::identity::{self, SignedIn};
use crate::keys::Vault;
use crate::moment::Clock;
use crate::publishing::{self, LinkKey};
use crate::{api_keys, audit, collections, environments, runs, trash, watching, workspaces};

/// Longest user agent that an audit event keeps, in characters.
const AGENT: usize = 300;

/// What an operation needs of the instance: its database and its keys.
#[derive(Clone)]
pub struct Door {
    pub(crate) database: Database,
    pub(crate) vault: Vault,
    /// Rings when mails were written.
    pub(crate) bell: Arc<Notify>,
    pub(crate) clock: Clock,
}

/// What an action is about.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// The actor's own team.
    Team,
    /// A person.
    Person(&'a PersonId),
    /// A workspace.
    Workspace(&'a WorkspaceId),
    /// A collection, through its workspace.
    Collection(&'a CollectionId),
    /// A folder, request or example, through its workspace.
    Item(&'a ItemId),
    /// An environment or globals, through its workspace.
    Environment(&'a EnvironmentId),
    /// Something that was deleted and may be restored, through its workspace.
    Trashed(&'a TrashId),
    /// A line of the actor's own history. Those of others are not there.
    Run(&'a RunId),
    /// The body of an answer to the actor. Those of others are not there.
    Body(&'a BodyId),
    /// A collection, through a link that holds.
    Link(&'a LinkKey),
}

impl About<'_> {
    /// The word for it, in audit events and messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Person(_) => "person",
            Self::Workspace(_) => "workspace",
            Self::Collection(_) => "collection",
            Self::Item(_) => "item",
            Self::Environment(_) => "environment",
            Self::Trashed(_) => "deleted element",
            Self::Run(_) => "run",
            Self::Body(_) => "body",
            Self::Link(_) => "link",
        }
    }

    fn id(&self, actor: &Actor) -> String {
        match self {
            Self::Team => actor.team.clone(),
            Self::Person(id) => id.0.clone(),
            Self::Workspace(id) => id.0.clone(),
            Self::Collection(id) => id.0.clone(),
            Self::Item(id) => id.0.clone(),
            Self::Environment(id) => id.0.clone(),
            Self::Trashed(id) => id.0.clone(),
            Self::Run(id) => id.0.clone(),
            Self::Body(id) => id.0.clone(),
            // What is shown of a link is a secret, and one that does not hold is none of ours.
            Self::Link(_) => String::new(),
        }
    }
}

macro_rules! about {
    ($($variant:ident($id:ty);)*) => {$(
        impl<'a> From<&'a $id> for About<'a> {
            fn from(id: &'a $id) -> Self {
                Self::$variant(id)
            }
        }
    )*};
}

about! {
    Person(PersonId);
    Workspace(WorkspaceId);
    Collection(CollectionId);
    Item(ItemId);
    Environment(EnvironmentId);
    Trashed(TrashId);
    Run(RunId);
    Body(BodyId);
    Link(LinkKey);
}

/// A request of somebody who need not be signed in: how it came, and when.
pub struct Visit {
    pub(crate) door: Door,
    /// How the request came.
    pub origin: Origin,
    /// Milliseconds since the epoch.
    pub now: i64,
    /// The session cookie, if one came.
    pub token: Option<String>,
    /// The cookie of a half sign-in, if one came.
    pub half_way: Option<String>,
    /// The cookie of a sign-in with a passkey alone that was begun, if one came.
    pub passkey: Option<String>,
    /// The cookie by which the browser is known, if one came.
    pub device: Option<String>,
}

/// A request of somebody who is signed in.
pub struct Operation {
    door: Door,
    actor: Actor,
    signed_in: SignedIn,
    origin: Origin,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// Permission to read.
pub struct Read<'o> {
    door: &'o Door,
    /// The workspace it is in, if it is in one.
    workspace: Option<WorkspaceId>,
    /// The collection or environment that it is or is in.
    element: Option<String>,
    /// The team that the workspace belongs to.
    team: Option<String>,
    /// What the actor is there.
    pub role: Option<WorkspaceRole>,
}

/// Permission to change, with the transaction to do it in. Dropped without [`Change::commit`], nothing has happened.
pub struct Change {
    transaction: Transaction,
    vault: Vault,
    team: String,
    actor: bulla_audit::Actor,
    action: &'static str,
    target: Target,
    changes: BTreeMap<String, bulla_audit::Change>,
    /// What follows from it and has events of its own.
    consequences: Vec<Consequence>,
    origin: Origin,
    workspace: Option<WorkspaceId>,
    /// The collection or environment in it that the change is about or happens in.
    element: Option<String>,
    /// What the actor is in that workspace.
    pub role: Option<WorkspaceRole>,
    /// Milliseconds since the epoch.
    pub now: i64,
    audit_key: Option<[u8; 32]>,
    /// Rung when it is committed.
    bell: Arc<Notify>,
    rings: bool,
}

/// Something that happens in a change beside what the change is about.
struct Consequence {
    /// The team whose log has it.
    team: String,
    action: &'static str,
    target: Target,
    /// The workspace that it happens in, if that is not the one of the change.
    elsewhere: Option<WorkspaceId>,
    changes: BTreeMap<String, bulla_audit::Change>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let origin = Origin {
            request: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            address: client_address(parts, app.config.behind_https).map(|address| address.to_string()),
            agent: parts
                .headers
                .get(USER_AGENT)
                .map(|agent| String::from_utf8_lossy(agent.as_bytes()).chars().take(AGENT).collect()),
            key: None,
        };
        let cookie = |wanted: &str| {
            let all = parts.headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
            let mut pairs =
                all.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, token)| token.to_owned())
        };
        let (token, half_way) = (cookie(identity::COOKIE), cookie(identity::HALF_WAY_COOKIE));
        let (passkey, device) = (cookie(identity::PASSKEY_COOKIE), cookie(identity::DEVICE_COOKIE));
        Ok(Self { door: app.door.clone(), origin, now: app.door.clock.now(), token, half_way, passkey, device })
    }
}

/// The address that a request came from.
///
/// Behind a proxy the connection is the proxy's own, and the last address of `x-forwarded-for` is the one that it saw;
/// what stands before that is only what the client claims. Without a proxy the header is a claim altogether.
pub(crate) fn client_address(parts: &Parts, behind_proxy: bool) -> Option<IpAddr> {
    let forwarded = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip().to_canonical());
    if behind_proxy { forwarded().or_else(peer) } else { peer() }
}

/// What is counted as one place that requests come from: an IPv4 address, or the /64 of an IPv6 one, of which whoever has one
/// address has all (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & (u128::MAX << 64)).into()),
    }
}

/// As [`network`], of the address of an [`Origin`]. One that is no address stands for itself.
pub(crate) fn network_of(address: &str) -> String {
    address.parse().map_or_else(|_| address.to_owned(), |known| network(known).to_string())
}

impl Visit {
    /// A change by somebody who is not signed in, such as the first set-up or a sign-in.
    ///
    /// No decision is asked for: the caller's rule must say why anybody may do this. `action` is its stable name.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn change(&self, team: &str, action: &'static str, target: Target) -> Result<Change> {
        Change::begin(&self.door, team, bulla_audit::Actor::Anonymous, action, target, self.origin.clone(), self.now)
            .await
    }

    /// Ends a change that a rule refused, and writes the refusal down.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn abandon(&self, change: Change, action: Action, because: &str) -> Result<()> {
        let (team, target) = (change.team.clone(), change.target.clone());
        // The writer must be free for the event of the refusal.
        change.transaction.rollback().await?;
        self.refused(&team, action, target, because).await
    }

    /// Writes the event of something that was refused to somebody who is not signed in.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn refused(&self, team: &str, action: Action, target: Target, because: &str) -> Result<()> {
        let actor = bulla_audit::Actor::Anonymous;
        let event = refusal(team, actor, action, target, because.to_owned(), self.origin.clone(), self.now);
        written(self.door.clone(), event).await
    }
}

impl Door {
    /// A change by the operator at the command line of the machine, who holds the data and so needs no permission.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn operator(&self, team: &str, action: &'static str, target: Target) -> Result<Change> {
        let actor = bulla_audit::Actor::Operator;
        Change::begin(self, team, actor, action, target, Origin::default(), self.clock.now()).await
    }

    /// A change by the server itself, such as when the time to keep something is over.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn system(&self, team: &str, action: &'static str, target: Target) -> Result<Change> {
        let actor = bulla_audit::Actor::System;
        Change::begin(self, team, actor, action, target, Origin::default(), self.clock.now()).await
    }

    /// For reading.
    pub fn reader(&self) -> Reader<'_> {
        self.database.read()
    }

    /// The database itself.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl FromRequestParts<App> for Operation {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let OwnAccount(operation) = OwnAccount::from_request_parts(parts, app).await?;
        let signed_in = &operation.signed_in;
        // A key shows no factor, so it is as good as the account that it belongs to.
        let fine = !signed_in.lacks_factor()
            || (signed_in.key().is_some()
                && identity::factor::factors(operation.reader().into(), &signed_in.person).await?.any());
        if fine { Ok(operation) } else { Err(Error::FactorNeeded) }
    }
}

/// A request of somebody who is signed in, about their own account alone.
///
/// Where their team demands a second factor and they have none, it is let through although [`Operation`] is not: so that
/// they can set one up, and sign out. Take it for nothing else.
pub struct OwnAccount(pub Operation);

impl FromRequestParts<App> for OwnAccount {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let mut visit = Visit::from_request_parts(parts, app).await?;
        let signed_in = match (api_key(&parts.headers), &visit.token) {
            // A wrong key is not made good by a cookie.
            (Some(key), _) => {
                let address = client_address(parts, app.config.behind_https);
                api_keys::signed_in(&visit, &app.brake, key, address).await?
            }
            (None, Some(token)) => {
                let found = identity::signed_in(&visit.door.database, token, visit.now).await?;
                found.ok_or(Error::SignedOut)?
            }
            (None, None) => return Err(Error::SignedOut),
        };
        visit.origin.key = signed_in.key().map(str::to_owned);
        let actor =
            Actor { person: signed_in.person.0.clone(), team: signed_in.team.clone(), roles: signed_in.roles.clone() };
        Ok(Self(Operation { door: visit.door, actor, signed_in, origin: visit.origin, now: visit.now }))
    }
}

/// A request to read what is open to strangers: of somebody who is signed in, in whichever team, or of nobody in
/// particular where the instance lets nobody in particular in.
pub enum Visitor {
    /// Somebody who is signed in.
    SignedIn(Operation),
    /// Somebody who is not.
    Nobody(Visit),
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        match Operation::from_request_parts(parts, app).await {
            Ok(op) => Ok(Self::SignedIn(op)),
            Err(Error::SignedOut) if app.config.public_access => {
                app.turnstile.pass(client_address(parts, app.config.behind_https))?;
                Ok(Self::Nobody(Visit::from_request_parts(parts, app).await?))
            }
            Err(error) => Err(error),
        }
    }
}

impl Visitor {
    /// Permission to read `about` by doing `action`. What is refused to somebody who is not signed in is in no team's log.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none or the visitor may not know of it.
    pub async fn read<'a>(&self, action: Action, about: impl Into<About<'a>>) -> Result<Read<'_>> {
        let about = about.into();
        match self {
            Self::SignedIn(op) => op.read(action, about).await,
            Self::Nobody(visit) => {
                let (actor, nobody) = (Actor::nobody(), PersonId(String::new()));
                let mut place = Place::Reader(visit.door.database.read());
                let found = find(&mut place, &about, &actor.team, &nobody, &nobody).await?;
                // Plans are of teams, and what strangers may read is part of every plan.
                let plan = Plan::Free;
                match found.filter(|found| decide(&actor, action, &found.object, plan).allowed) {
                    Some(found) => Ok(Read::of(&visit.door, found, &actor, plan)),
                    None => Err(Error::NotFound { what: about.kind() }),
                }
            }
        }
    }

    /// A change that reading leaves behind in the team that was read of, such as that a link was used. Somebody of another
    /// team is not named there.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn leaves_a_trace(&self, read: &Read<'_>, action: Action, target: Target) -> Result<Change> {
        let team = read.team()?;
        let now = match self {
            Self::SignedIn(op) => op.now,
            Self::Nobody(visit) => visit.now,
        };
        let actor = match self.named_in(team) {
            Some(person) => bulla_audit::Actor::Person { id: person.0.clone() },
            None => bulla_audit::Actor::Anonymous,
        };
        Change::begin(self.door(), team, actor, action.name(), target, self.origin().clone(), now).await
    }

    /// Who it is, if that may stand in the log of `team`: somebody of it.
    pub fn named_in(&self, team: &str) -> Option<&PersonId> {
        match self {
            Self::SignedIn(op) if op.team() == team => Some(op.person()),
            Self::SignedIn(_) | Self::Nobody(_) => None,
        }
    }

    /// How the request came.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::SignedIn(op) => &op.origin,
            Self::Nobody(visit) => &visit.origin,
        }
    }

    /// The database and keys.
    pub fn door(&self) -> &Door {
        match self {
            Self::SignedIn(op) => &op.door,
            Self::Nobody(visit) => &visit.door,
        }
    }
}

/// What was found at an [`About`].
struct Found {
    object: Object,
    workspace: Option<WorkspaceId>,
    /// The collection or environment that it is or is in.
    element: Option<String>,
}

impl Found {
    /// What belongs to `person` alone.
    fn own(person: &PersonId) -> Self {
        Self { object: Object::Person { person: person.0.clone() }, workspace: None, element: None }
    }
}

/// Looks up what `about` names for somebody who acts in `team`, with the grants of `person` on it.
///
/// What belongs to one person alone is there for `asker` if it is theirs, and for nobody else.
async fn find(
    place: &mut Place<'_>,
    about: &About<'_>,
    team: &str,
    asker: &PersonId,
    person: &PersonId,
) -> Result<Option<Found>> {
    // Roles can be given on a collection or an environment alone; items are part of their collection.
    let (workspace, element) = match about {
        About::Team => {
            return Ok(Some(Found { object: Object::Team { team: team.to_owned() }, workspace: None, element: None }));
        }
        About::Person(id) => return Ok(Some(Found::own(id))),
        About::Workspace(id) => (Some((*id).clone()), None),
        About::Collection(id) => (collections::workspace_of(place.again(), id).await?, Some(id.0.clone())),
        About::Item(id) => match collections::place_of_item(place.again(), id).await? {
            Some((workspace, collection)) => (Some(workspace), Some(collection.0)),
            None => (None, None),
        },
        About::Environment(id) => (environments::workspace_of(place.again(), id).await?, Some(id.0.clone())),
        About::Trashed(id) => return find_deleted(place, id, person).await,
        About::Link(key) => {
            let Some(link) = publishing::links::holding(place.again(), key).await? else { return Ok(None) };
            let (workspace, element) = (Some(link.workspace), Some(link.collection.0));
            return Ok(Some(Found { object: link.object, workspace, element }));
        }
        About::Run(id) => {
            return Ok(runs::is_own(place.again(), id, (team, asker)).await?.then(|| Found::own(asker)));
        }
        About::Body(id) => {
            return Ok(runs::is_own_body(place.again(), id, (team, asker)).await?.then(|| Found::own(asker)));
        }
    };
    let Some(workspace) = workspace else { return Ok(None) };
    let object = workspaces::object(place.again(), &workspace, element.as_deref(), person).await?;
    Ok(object.map(|object| Found { object, workspace: Some(workspace), element }))
}

/// Looks up something that was deleted. What was in it is not there until it is restored itself.
async fn find_deleted(place: &mut Place<'_>, id: &TrashId, person: &PersonId) -> Result<Option<Found>> {
    let Some(deleted) = trash::deleted(place.again(), id).await? else { return Ok(None) };
    let workspace = deleted.workspace;
    let object = match &deleted.element {
        None => workspaces::deleted_object(place.again(), &workspace, person).await?,
        Some(element) => workspaces::object(place.again(), &workspace, Some(element), person).await?,
    };
    Ok(object.map(|object| Found { object, workspace: Some(workspace), element: deleted.element }))
}

impl Operation {
    /// The team that is acted in.
    pub fn team(&self) -> &str {
        &self.actor.team
    }

    /// Who asks.
    pub fn person(&self) -> &PersonId {
        &self.signed_in.person
    }

    /// Who asks, with their session.
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }

    /// Fails unless whoever asks has proved a moment ago that it is them. For what must not be done by somebody who found an
    /// open session.
    ///
    /// # Errors
    ///
    /// [`Error::ConfirmFirst`].
    pub fn confirmed(&self) -> Result<()> {
        let fresh = self.signed_in.confirmed_at.saturating_add(identity::CONFIRMED) > self.now;
        if fresh { Ok(()) } else { Err(Error::ConfirmFirst) }
    }

    /// Who asks, as [`bulla_access`] sees them.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// How the request came.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// For reading what every member of the team may read, or what the statement itself bounds to the actor.
    pub fn reader(&self) -> Reader<'_> {
        self.door.database.read()
    }

    /// The database and keys.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Permission to read `about` by doing `action`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none or the actor may not know of it, [`Error::Forbidden`] if they may not.
    pub async fn read<'a>(&self, action: Action, about: impl Into<About<'a>>) -> Result<Read<'_>> {
        let about = about.into();
        let mut place = Place::Reader(self.door.database.read());
        match self.find(&mut place, &about, self.person()).await? {
            None => Err(Error::NotFound { what: about.kind() }),
            Some(found) => match self.judge(action, &about, &found) {
                Ok(()) => Ok(Read::of(&self.door, found, &self.actor, self.signed_in.plan)),
                Err(refusal) => self.refuse(action, &about, refusal).await,
            },
        }
    }

    /// Permission to change `about` by doing `action`, with a transaction.
    ///
    /// # Errors
    ///
    /// As [`Operation::read`].
    pub async fn change<'a>(&self, action: Action, about: impl Into<About<'a>>) -> Result<Change> {
        let about = about.into();
        let target = Target { kind: about.kind().to_owned(), id: about.id(&self.actor) };
        let actor = bulla_audit::Actor::Person { id: self.actor.person.clone() };
        let mut change =
            Change::begin(&self.door, &self.actor.team, actor, action.name(), target, self.origin.clone(), self.now)
                .await?;
        let mut place = Place::Transaction(&mut change.transaction);
        match self.find(&mut place, &about, self.person()).await? {
            None => Err(Error::NotFound { what: about.kind() }),
            Some(found) => match self.judge(action, &about, &found) {
                Ok(()) => {
                    change.role = found.object.role(&self.actor, self.signed_in.plan);
                    change.workspace = found.workspace;
                    change.element = found.element;
                    Ok(change)
                }
                Err(refusal) => {
                    // The writer must be free for the event of the refusal.
                    change.transaction.rollback().await?;
                    self.refuse(action, &about, refusal).await
                }
            },
        }
    }

    /// Permission for the other side of a change that touches two things: also to do `action` to `about`, decided in the
    /// same transaction. Where it is refused the change must be ended by [`Operation::end`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none or the actor may not know of it, [`Error::Forbidden`] if they may not.
    pub async fn may_also<'a>(&self, change: &mut Change, action: Action, about: impl Into<About<'a>>) -> Result<()> {
        self.may_by(change.transaction().into(), action, about).await
    }

    /// As [`Operation::may_also`], decided by what stands in `place`. Nothing is written down.
    ///
    /// # Errors
    ///
    /// As [`Operation::may_also`].
    pub async fn may_by<'a>(&self, mut place: Place<'_>, action: Action, about: impl Into<About<'a>>) -> Result<()> {
        let about = about.into();
        match self.find(&mut place, &about, self.person()).await? {
            None => Err(Error::NotFound { what: about.kind() }),
            Some(found) => self.judge(action, &about, &found),
        }
    }

    /// Whether the actor may do `action` to `about`, for what is shown beside it. Nothing is written down.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn may<'a>(&self, action: Action, about: impl Into<About<'a>>) -> Result<bool> {
        let about = about.into();
        let mut place = Place::Reader(self.door.database.read());
        let found = self.find(&mut place, &about, self.person()).await?;
        Ok(found.is_some_and(|found| self.judge(action, &about, &found).is_ok()))
    }

    /// The workspace that `about` is in, and the team that it belongs to.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none.
    pub async fn whereabouts<'a>(
        &self,
        mut place: Place<'_>,
        about: impl Into<About<'a>>,
    ) -> Result<(WorkspaceId, String)> {
        let about = about.into();
        match self.find(&mut place, &about, self.person()).await? {
            Some(Found { object: Object::Workspace { team, .. }, workspace: Some(workspace), .. }) => {
                Ok((workspace, team))
            }
            _ => Err(Error::NotFound { what: about.kind() }),
        }
    }

    /// What [`decide`] says of `actor`, who may be somebody else, with what led to it. It is for the caller to see that
    /// whoever asks may know of `about`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such thing.
    pub async fn explain<'a>(
        &self,
        action: Action,
        about: impl Into<About<'a>>,
        actor: &Actor,
        who: Who<'_>,
    ) -> Result<Explanation> {
        let about = about.into();
        let mut place = Place::Reader(self.door.database.read());
        let person = PersonId(actor.person.clone());
        let found = self.find(&mut place, &about, &person).await?.ok_or(Error::NotFound { what: about.kind() })?;
        Ok(explain(actor, action, &found.object, self.signed_in.plan, who))
    }

    /// Looks up what `about` names, with the grants of `person` on it.
    async fn find(&self, place: &mut Place<'_>, about: &About<'_>, person: &PersonId) -> Result<Option<Found>> {
        find(place, about, &self.actor.team, self.person(), person).await
    }

    fn judge(&self, action: Action, about: &About<'_>, found: &Found) -> Result<(), Error> {
        let decision = decide(&self.actor, action, &found.object, self.signed_in.plan);
        match (decision.allowed, decision.visible) {
            (true, _) if action.needs_session() && self.signed_in.key().is_some() => {
                Err(Error::Forbidden { because: "an API key is not enough for it; sign in".to_owned() })
            }
            (true, _) => Ok(()),
            (false, true) => Err(match decision.because {
                Reason::NeedsPlan(plan) | Reason::ReadOnly(plan) => {
                    Error::PlanNeeded { plan, because: decision.because.to_string() }
                }
                because => Error::Forbidden { because: because.to_string() },
            }),
            (false, false) => Err(Error::NotFound { what: about.kind() }),
        }
    }

    /// Writes the event of a refusal, then returns the refusal.
    async fn refuse<T>(&self, action: Action, about: &About<'_>, refusal: Error) -> Result<T> {
        let target = Target { kind: about.kind().to_owned(), id: about.id(&self.actor) };
        let event = self.refusal(action, target, refusal.to_string(), self.now);
        let written = written(self.door.clone(), event);
        if matches!(refusal, Error::NotFound { .. }) {
            // What is hidden must answer as fast as what is not there, so its event is written beside the answer.
            tokio::spawn(async move {
                if let Err(error) = written.await {
                    tracing::error!(%error, "the event of a refusal was not written");
                }
            });
        } else {
            written.await?;
        }
        Err(refusal)
    }

    /// Writes the event of something that was refused in the middle of what was permitted, such as a forbidden target of
    /// a request.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn refused(&self, action: Action, target: Target, because: &str) -> Result<()> {
        written(self.door.clone(), self.refusal(action, target, because.to_owned(), self.door.clock.now())).await
    }

    /// Ends a change that a rule refused to its actor, and writes the refusal down.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn abandon(&self, change: Change, action: Action, because: &str) -> Result<()> {
        let target = change.target.clone();
        // The writer must be free for the event of the refusal.
        change.transaction.rollback().await?;
        self.refused(action, target, because).await
    }

    /// Ends a change by what its rule came to: it is made to last, or nothing has happened. What was forbidden to its actor
    /// is written down.
    ///
    /// # Errors
    ///
    /// That of the rule, or what [`Change::commit`] and [`Operation::abandon`] say.
    pub async fn end<T>(&self, change: Change, action: Action, done: Result<T>) -> Result<T> {
        match done {
            Ok(value) => {
                change.commit().await?;
                Ok(value)
            }
            Err(refusal @ (Error::Forbidden { .. } | Error::PlanNeeded { .. })) => {
                self.abandon(change, action, &refusal.to_string()).await?;
                Err(refusal)
            }
            Err(error) => Err(error),
        }
    }

    fn refusal(&self, action: Action, target: Target, because: String, at: i64) -> Event {
        let actor = bulla_audit::Actor::Person { id: self.actor.person.clone() };
        refusal(&self.actor.team, actor, action, target, because, self.origin.clone(), at)
    }

    /// A change that follows from something that was permitted when it began and has gone on since, such as the end of a
    /// run. No decision is asked for again: what happened is written down although its actor may have lost their role.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn consequence(&self, action: &'static str, target: Target) -> Result<Change> {
        let actor = bulla_audit::Actor::Person { id: self.actor.person.clone() };
        let origin = self.origin.clone();
        Change::begin(&self.door, &self.actor.team, actor, action, target, origin, self.door.clock.now()).await
    }
}

/// The event of something that was refused.
fn refusal(
    team: &str,
    actor: bulla_audit::Actor,
    action: Action,
    target: Target,
    because: String,
    origin: Origin,
    at: i64,
) -> Event {
    Event {
        format: bulla_audit::FORMAT,
        id: id::new(at),
        team: team.to_owned(),
        sequence: 0,
        at,
        actor,
        action: action.name().to_owned(),
        target,
        outcome: Outcome::Refused,
        because: Some(because),
        changes: BTreeMap::new(),
        origin,
        commitments: BTreeMap::new(),
    }
}

/// Writes an event that belongs to no change.
async fn written(door: Door, event: Event) -> Result<()> {
    let mut transaction = door.database.begin().await?;
    audit::append(&mut transaction, event, None).await?;
    Ok(transaction.commit().await?)
}

impl<'o> Read<'o> {
    fn of(door: &'o Door, found: Found, actor: &Actor, plan: Plan) -> Self {
        let role = found.object.role(actor, plan);
        let team = match found.object {
            Object::Workspace { team, .. } | Object::Link { team, .. } => Some(team),
            Object::Team { .. } | Object::Person { .. } => None,
        };
        Self { door, workspace: found.workspace, element: found.element, team, role }
    }

    /// The collection or environment that it is or is in.
    pub fn element(&self) -> Option<&str> {
        self.element.as_deref()
    }

    /// The team that the workspace belongs to, which need not be that of whoever reads.
    ///
    /// # Errors
    ///
    /// If the action is about no workspace.
    pub fn team(&self) -> Result<&str> {
        self.team.as_deref().ok_or_else(|| Error::unexpected("no workspace in this operation"))
    }

    /// For reading.
    pub fn reader(&self) -> Reader<'_> {
        self.door.database.read()
    }

    /// The workspace it is about.
    ///
    /// # Errors
    ///
    /// If the action is about no workspace.
    pub fn workspace(&self) -> Result<&WorkspaceId> {
        self.workspace.as_ref().ok_or_else(|| Error::unexpected("no workspace in this operation"))
    }

    /// What the actor is in that workspace.
    ///
    /// # Errors
    ///
    /// If the action is about no workspace.
    pub fn role(&self) -> Result<WorkspaceRole> {
        self.role.ok_or_else(|| Error::unexpected("no role in this operation"))
    }

    /// The key that seals the values of `team`'s workspace.
    ///
    /// # Errors
    ///
    /// If it does not open.
    pub async fn key(&self, team: &str) -> Result<Arc<Key>> {
        self.door.vault.workspace_key(self.reader().into(), team, self.workspace()?).await
    }
}

impl Change {
    async fn begin(
        door: &Door,
        team: &str,
        actor: bulla_audit::Actor,
        action: &'static str,
        target: Target,
        origin: Origin,
        now: i64,
    ) -> Result<Self> {
        Ok(Self {
            transaction: door.database.begin().await?,
            vault: door.vault.clone(),
            team: team.to_owned(),
            actor,
            action,
            target,
            changes: BTreeMap::new(),
            consequences: Vec::new(),
            origin,
            workspace: None,
            element: None,
            role: None,
            now,
            audit_key: None,
            bell: Arc::clone(&door.bell),
            rings: false,
        })
    }

    /// The transaction.
    pub fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    /// The keys.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// How the request came.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The team it happens in.
    pub fn team(&self) -> &str {
        &self.team
    }

    /// The workspace it happens in.
    ///
    /// # Errors
    ///
    /// If the action is about no workspace.
    pub fn workspace(&self) -> Result<&WorkspaceId> {
        self.workspace.as_ref().ok_or_else(|| Error::unexpected("no workspace in this change"))
    }

    /// What the actor is in that workspace.
    ///
    /// # Errors
    ///
    /// If the action is about no workspace.
    pub fn role(&self) -> Result<WorkspaceRole> {
        self.role.ok_or_else(|| Error::unexpected("no role in this change"))
    }

    /// Who does it, if somebody is signed in.
    pub fn person(&self) -> Option<PersonId> {
        match &self.actor {
            bulla_audit::Actor::Person { id } => Some(PersonId(id.clone())),
            bulla_audit::Actor::Anonymous | bulla_audit::Actor::Operator | bulla_audit::Actor::System => None,
        }
    }

    /// Says whom the change is by, once that is known: a sign-in begins without anybody.
    pub fn acts_as(&mut self, person: &PersonId) {
        self.actor = bulla_audit::Actor::Person { id: person.0.clone() };
    }

    /// Says that the change is by the operator at the machine.
    pub fn acts_as_operator(&mut self) {
        self.actor = bulla_audit::Actor::Operator;
    }

    /// Names the thing the event is about, where it came to be in this change.
    pub fn about(&mut self, kind: &str, id: impl std::fmt::Display) {
        self.target = Target { kind: kind.to_owned(), id: id.to_string() };
    }

    /// Notes that `action` is done to `target` as well: it has an event of its own, right after that of the change. Each
    /// field comes with its text before and after.
    pub fn also(&mut self, action: &'static str, target: Target, fields: &[(&str, Option<&str>, Option<&str>)]) {
        let team = self.team.clone();
        self.follows((team, None), action, target, fields);
    }

    /// As [`Change::also`], in the log of another team.
    pub fn also_in_team(
        &mut self,
        team: &str,
        action: &'static str,
        target: Target,
        fields: &[(&str, Option<&str>, Option<&str>)],
    ) {
        self.follows((team.to_owned(), None), action, target, fields);
    }

    /// As [`Change::also`], of something in another workspace than that of the change.
    pub fn also_in(
        &mut self,
        workspace: &WorkspaceId,
        action: &'static str,
        target: Target,
        fields: &[(&str, Option<&str>, Option<&str>)],
    ) {
        let team = self.team.clone();
        self.follows((team, Some(workspace.clone())), action, target, fields);
    }

    fn follows(
        &mut self,
        (team, elsewhere): (String, Option<WorkspaceId>),
        action: &'static str,
        target: Target,
        fields: &[(&str, Option<&str>, Option<&str>)],
    ) {
        let as_field = |text: &str| Field::Text(text.to_owned());
        let changes = fields
            .iter()
            .filter(|(_, before, after)| before != after)
            .map(|(name, before, after)| {
                let change = bulla_audit::Change { before: before.map(as_field), after: after.map(as_field) };
                ((*name).to_owned(), change)
            })
            .collect();
        self.consequences.push(Consequence { team, action, target, elsewhere, changes });
    }

    /// Goes on in another team of its actor: what is written from here on, and the event of the change, is that team's. The team
    /// that it began in has an event of its own, with the target and the fields so far.
    pub fn go_on_in(&mut self, team: &str) {
        let (action, target, changes) = (self.action, self.target.clone(), std::mem::take(&mut self.changes));
        let began_in = std::mem::replace(&mut self.team, team.to_owned());
        self.consequences.push(Consequence { team: began_in, action, target, elsewhere: None, changes });
        self.audit_key = None;
    }

    /// Forgets the fields that were noted so far: what they are about has events of its own.
    pub fn forget_fields(&mut self) {
        self.changes.clear();
    }

    /// Has whoever sends mails look, once this is committed.
    pub(crate) fn ring_when_done(&mut self) {
        self.rings = true;
    }

    /// Notes a field that changed; equal values are left out.
    pub fn text(&mut self, field: &str, before: Option<&str>, after: Option<&str>) {
        let as_field = |text: &str| Field::Text(text.to_owned());
        self.note(field, before.map(as_field), after.map(as_field));
    }

    /// Notes a number that changed; equal values are left out.
    pub fn number(&mut self, field: &str, before: Option<i64>, after: Option<i64>) {
        self.note(field, before.map(Field::Number), after.map(Field::Number));
    }

    /// Notes a value that changed and must not be read: the event holds HMACs under a key of the team.
    ///
    /// # Errors
    ///
    /// If the team's key does not open.
    pub async fn secret(&mut self, field: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Result<()> {
        let key = match self.audit_key {
            Some(key) => key,
            None => {
                let key = self.vault.team_key((&mut self.transaction).into(), &self.team).await?.derive("audit");
                *self.audit_key.insert(key)
            }
        };
        let as_field = |value: &[u8]| bulla_audit::sensitive(&key, value);
        self.note(field, before.map(as_field), after.map(as_field));
        Ok(())
    }

    fn note(&mut self, field: &str, before: Option<Field>, after: Option<Field>) {
        if before != after {
            self.changes.insert(field.to_owned(), bulla_audit::Change { before, after });
        }
    }

    /// The key that seals the values of the workspace.
    ///
    /// # Errors
    ///
    /// If it does not open.
    pub async fn key(&mut self) -> Result<Arc<Key>> {
        let workspace = self.workspace()?.clone();
        self.vault.workspace_key((&mut self.transaction).into(), &self.team, &workspace).await
    }

    /// Tells those who watch where something was changed that it was: once for each place.
    async fn tell_watchers(&mut self) -> Result<()> {
        let mut told = Vec::new();
        let main = (self.action, &self.target, None);
        let others = self.consequences.iter().map(|other| (other.action, &other.target, other.elsewhere.clone()));
        for (action, target, elsewhere) in std::iter::once(main).chain(others) {
            let place = place_of(target, elsewhere, self.workspace.as_ref(), self.element.as_deref());
            if let Some(place) = place.filter(|_| audit::shows(action).is_some())
                && !told.iter().any(|(other, _): &(audit::Place, Target)| other.workspace == place.workspace)
            {
                told.push((place, target.clone()));
            }
        }
        for (place, target) in told {
            watching::tell(self, &place, &target).await?;
        }
        Ok(())
    }

    /// Writes the audit event and makes everything last.
    ///
    /// # Errors
    ///
    /// If either fails; nothing has happened then.
    pub async fn commit(mut self) -> Result<()> {
        self.tell_watchers().await?;
        let main = Consequence {
            team: self.team.clone(),
            action: self.action,
            target: self.target,
            elsewhere: None,
            changes: self.changes,
        };
        let mut events: Vec<_> = std::iter::once(main).chain(self.consequences).collect();
        // Each log is locked as it grows: two changes in the same two teams must come to them in the same order.
        events.sort_by(|one, other| one.team.cmp(&other.team));
        for Consequence { team, action, target, elsewhere, changes } in events {
            let place = place_of(&target, elsewhere, self.workspace.as_ref(), self.element.as_deref());
            let event = Event {
                format: bulla_audit::FORMAT,
                id: id::new(self.now),
                team,
                sequence: 0,
                at: self.now,
                actor: self.actor.clone(),
                action: action.to_owned(),
                target,
                outcome: Outcome::Done,
                because: None,
                changes,
                origin: self.origin.clone(),
                commitments: BTreeMap::new(),
            };
            audit::append(&mut self.transaction, event, place.as_ref()).await?;
        }
        self.transaction.commit().await?;
        if self.rings {
            self.bell.notify_one();
        }
        Ok(())
    }
}

/// Where something happens that is done to `target` in a change in `workspace`.
fn place_of(
    target: &Target,
    elsewhere: Option<WorkspaceId>,
    workspace: Option<&WorkspaceId>,
    element: Option<&str>,
) -> Option<audit::Place> {
    match target.kind.as_str() {
        "workspace" => Some(audit::Place { workspace: WorkspaceId(target.id.clone()), element: None }),
        // What was made in the change is known by what the change is about.
        "collection" | "environment" => {
            let workspace = elsewhere.or_else(|| workspace.cloned())?;
            Some(audit::Place { workspace, element: Some(target.id.clone()) })
        }
        _ => {
            let element = if elsewhere.is_none() { element.map(str::to_owned) } else { None };
            Some(audit::Place { workspace: elsewhere.or_else(|| workspace.cloned())?, element })
        }
    }
}
