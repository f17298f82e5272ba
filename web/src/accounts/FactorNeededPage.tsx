import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answered, client } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { ConfirmIdentity } from "./ConfirmIdentity";
import { GatePage } from "./GatePage";
import { SecondFactors } from "./SecondFactors";
import { switchTeam, teamsQuery } from "./teams";

/** Where members of a team that demands a second factor are led who have none: the one thing that they can do. */
export function FactorNeededPage() {
  const navigate = useNavigate();
  const others = useQuery(teamsQuery).data?.items.filter((team) => !team.current) ?? [];

  return (
    <GatePage
      title="Set up a second factor"
      lead="Your team demands one. It takes a minute; then you can go on."
    >
      <SecondFactors
        onReady={() => {
          void cache.fetchQuery({ ...sessionQuery, staleTime: 0 }).then(() => navigate({ to: "/" }));
        }}
      />
      {others.map((team) => (
        <p key={team.id}>
          <Button kind="quiet" onClick={() => void switchTeam(team.id)}>
            Go to {team.name} instead
          </Button>
        </p>
      ))}
      <p>
        <Button
          kind="quiet"
          onClick={async () => {
            await answered(client.DELETE("/api/session"));
            await navigate({ to: "/sign-in", search: {} });
            cache.clear();
          }}
        >
          Sign out
        </Button>
      </p>
      <ConfirmIdentity />
    </GatePage>
  );
}
