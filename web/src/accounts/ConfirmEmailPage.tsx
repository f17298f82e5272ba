import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Notice } from "../ui/Notice";
import { LinkPage, useLinkToken } from "./LinkPage";

/** Where the link to a new address leads: one button, and the account has it. */
export function ConfirmEmailPage() {
  const token = useLinkToken("/confirm-email");
  const confirm = useMutation({
    mutationFn: () => answered(client.POST("/api/email-changes/finish", { body: { token } })),
    onSuccess: () => cache.clear(),
  });
  const done = {
    title: "Your address is changed",
    lead: "You sign in with the new one from now on.",
    way: <Link to="/">Go on</Link>,
  };

  return (
    <LinkPage
      title="Confirm your new address"
      lead="Your account has it when you press the button."
      action="Confirm the address"
      token={token}
      busy={confirm.isPending}
      problem={confirm.error && <Notice kind="problem">{problemText(confirm.error)}</Notice>}
      done={confirm.isSuccess ? done : null}
      onSubmit={confirm.mutate}
    />
  );
}
