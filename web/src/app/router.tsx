import {
  createRootRoute,
  createRoute,
  createRouter,
  isRedirect,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { AccountPage } from "../accounts/AccountPage";
import { ConfirmEmailPage } from "../accounts/ConfirmEmailPage";
import { FactorNeededPage } from "../accounts/FactorNeededPage";
import { ForgotPasswordPage } from "../accounts/ForgotPasswordPage";
import { ResetPasswordPage } from "../accounts/ResetPasswordPage";
import { SetupPage } from "../accounts/SetupPage";
import { SignInPage } from "../accounts/SignInPage";
import { TeamPage } from "../accounts/TeamPage";
import { ApiKeysPage } from "../apiKeys/ApiKeysPage";
import { ManageKeysPage } from "../apiKeys/ManageKeysPage";
import { isProblem, signedOut } from "../api/client";
import { cache, type Session, sessionQuery, setupQuery, workspacesQuery } from "../api/resources";
import { AuditPage } from "../audit/AuditPage";
import { StreamsPage } from "../audit/StreamsPage";
import { CertificatesPage } from "../certificates/CertificatesPage";
import { type Filter, filterFrom, narrowing } from "../audit/filter";
import { GroupsPage } from "../groups/GroupsPage";
import { InvitePage } from "../invites/InvitePage";
import { InvitesPage } from "../invites/InvitesPage";
import { OutboxPage } from "../mail/OutboxPage";
import { PlanPage } from "../plans/PlanPage";
import { SharedPage } from "../publishing/SharedPage";
import { PublicWorkspacePage } from "../publishing/PublicWorkspacePage";
import { PublicWorkspacesPage } from "../publishing/PublicWorkspacesPage";
import { TeamShareLinksPage } from "../publishing/TeamShareLinksPage";
import { DeletedWorkspacesPage } from "../trash/DeletedWorkspacesPage";
import { NotificationsPage } from "../notifications/NotificationsPage";
import { lastWorkspace } from "../workspaces/last";
import { NoWorkspacePage } from "../workspaces/NoWorkspacePage";
import { PublishRequestsPage } from "../workspaces/PublishRequestsPage";
import { FailedPage, MissingPage } from "./FailedPage";
import { Shell } from "./Shell";
import { keepFor } from "./storage";

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <MissingPage />,
  errorComponent: FailedPage,
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: async () => {
    if (!(await cache.fetchQuery(setupQuery)).open) throw redirect({ to: "/sign-in" });
  },
  component: SetupPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { to?: string } => {
    const to = search["to"];
    // Only a place of this app: an address elsewhere would make the sign-in page a door to it.
    return typeof to === "string" && /^\/(?![/\\])/.test(to) ? { to } : {};
  },
  beforeLoad: async () => {
    if ((await cache.fetchQuery(setupQuery)).open) throw redirect({ to: "/setup" });
  },
  component: SignInPage,
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: "/forgot-password",
  component: ForgotPasswordPage,
});
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  component: ResetPasswordPage,
});

const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: "/confirm-email",
  component: ConfirmEmailPage,
});

const invite = createRoute({ getParentRoute: () => root, path: "/invite", component: InvitePage });

/** What strangers may read needs no session. */
const publicWorkspaces = createRoute({
  getParentRoute: () => root,
  path: "/public",
  component: PublicWorkspacesPage,
});
const publicWorkspace = createRoute({
  getParentRoute: () => root,
  path: "/public/$workspaceId",
  component: PublicWorkspacePage,
});
// The page reads what is open from the address; the routes below only name addresses.
const publicHome = createRoute({ getParentRoute: () => publicWorkspace, path: "/" });
const publicItem = createRoute({ getParentRoute: () => publicWorkspace, path: "/$" });

const shared = createRoute({ getParentRoute: () => root, path: "/shared", component: SharedPage });

/** What somebody can do whose team demands a second factor that they have not. */
const factorNeeded = createRoute({
  getParentRoute: () => root,
  path: "/second-factor",
  beforeLoad: async () => {
    const session = await cache.ensureQueryData(sessionQuery);
    if (!session.factorNeeded) throw redirect({ to: "/" });
  },
  component: FactorNeededPage,
});

/** Everything behind it is for someone who is signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ location }): Promise<{ session: Session }> => {
    try {
      const session = await cache.ensureQueryData(sessionQuery);
      keepFor(session.person.id);
      if (session.factorNeeded) throw redirect({ to: "/second-factor" });
      return { session };
    } catch (problem) {
      if (isRedirect(problem)) throw problem;
      if (!isProblem(problem) || problem.status !== 401) throw problem;
      const { open } = await cache.fetchQuery(setupQuery);
      throw open
        ? redirect({ to: "/setup" })
        : redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
    }
  },
  component: Outlet,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  beforeLoad: async () => {
    const { items } = await cache.fetchQuery(workspacesQuery);
    const last = lastWorkspace.read();
    const workspace = items.find((item) => item.id === last) ?? items[0];
    if (workspace)
      throw redirect({ to: "/w/$workspaceId", params: { workspaceId: workspace.id }, replace: true });
  },
  component: NoWorkspacePage,
});

const account = createRoute({ getParentRoute: () => signedIn, path: "/account", component: AccountPage });
const team = createRoute({ getParentRoute: () => signedIn, path: "/team", component: TeamPage });
const groups = createRoute({ getParentRoute: () => signedIn, path: "/team/groups", component: GroupsPage });
const invites = createRoute({
  getParentRoute: () => signedIn,
  path: "/team/invites",
  component: InvitesPage,
});
const plan = createRoute({ getParentRoute: () => signedIn, path: "/team/plan", component: PlanPage });
const outbox = createRoute({ getParentRoute: () => signedIn, path: "/team/outbox", component: OutboxPage });

const apiKeys = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/api-keys",
  component: ApiKeysPage,
});
const certificates = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/certificates",
  component: CertificatesPage,
});
const manageKeys = createRoute({
  getParentRoute: () => signedIn,
  path: "/team/api-keys",
  component: ManageKeysPage,
});
const publishing = createRoute({
  getParentRoute: () => signedIn,
  path: "/team/public",
  component: PublishRequestsPage,
});
const shareLinks = createRoute({
  getParentRoute: () => signedIn,
  path: "/team/share-links",
  component: TeamShareLinksPage,
});
const trash = createRoute({
  getParentRoute: () => signedIn,
  path: "/trash",
  component: DeletedWorkspacesPage,
});
const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: (search: Record<string, unknown>): Partial<Filter> => narrowing(filterFrom(search)),
  component: AuditPage,
});

const streams = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit/streams",
  component: StreamsPage,
});
const notifications = createRoute({
  getParentRoute: () => signedIn,
  path: "/notifications",
  component: NotificationsPage,
});

const workspace = createRoute({ getParentRoute: () => signedIn, path: "/w/$workspaceId", component: Shell });
// The shell reads what is open from the address and keeps its tabs; the routes below only name addresses.
const workspaceHome = createRoute({ getParentRoute: () => workspace, path: "/" });
const workspaceTab = createRoute({ getParentRoute: () => workspace, path: "/$" });

export const router = createRouter({
  routeTree: root.addChildren([
    setup,
    signIn,
    forgotPassword,
    resetPassword,
    confirmEmail,
    invite,
    publicWorkspaces,
    publicWorkspace.addChildren([publicHome, publicItem]),
    shared,
    factorNeeded,
    signedIn.addChildren([
      home,
      account,
      apiKeys,
      certificates,
      team,
      groups,
      invites,
      plan,
      manageKeys,
      outbox,
      trash,
      publishing,
      shareLinks,
      audit,
      streams,
      notifications,
      workspace.addChildren([workspaceHome, workspaceTab]),
    ]),
  ]),
  defaultPreload: false,
  defaultErrorComponent: FailedPage,
});

signedOut.addEventListener("signed-out", () => {
  if (!cache.getQueryData(sessionQuery.queryKey)) return;
  cache.removeQueries({ queryKey: sessionQuery.queryKey });
  const to = router.state.location.href;
  void router.navigate({ to: "/sign-in", search: { to } });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
