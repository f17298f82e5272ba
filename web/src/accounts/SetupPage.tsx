import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery, setupQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

/** Makes the first account of the server, once. */
export function SetupPage() {
  const navigate = useNavigate();
  const [form, setForm] = useState({ name: "", email: "", password: "", teamName: "" });
  const set = (field: keyof typeof form) => (value: string) => setForm((old) => ({ ...old, [field]: value }));
  const create = useMutation({
    mutationFn: () => answered(client.POST("/api/setup", { body: form })),
    onSuccess: async (session) => {
      cache.clear();
      cache.setQueryData(sessionQuery.queryKey, session);
      cache.setQueryData(setupQuery.queryKey, { open: false });
      await navigate({ to: "/" });
    },
  });
  const problem = create.error;
  const fieldProblem = (field: keyof typeof form) =>
    isProblem(problem)
      ? problem.errors?.find((error) => error.path.replace(/^[/.]/, "") === field)?.message
      : undefined;
  const general = problem && !(isProblem(problem) && problem.errors?.length) ? problemText(problem) : null;

  return (
    <GatePage
      title="Make the first account"
      lead="This server is new. Whoever makes the first account is its administrator; then this page closes for good."
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        {general && <Notice kind="problem">{general}</Notice>}
        <TextField
          label="Your name"
          autoComplete="name"
          required
          autoFocus
          value={form.name}
          onChange={set("name")}
          problem={fieldProblem("name")}
        />
        <TextField
          label="Email"
          type="email"
          autoComplete="username"
          required
          value={form.email}
          onChange={set("email")}
          problem={fieldProblem("email")}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          hint="A few unrelated words are good."
          value={form.password}
          onChange={set("password")}
          problem={fieldProblem("password")}
        />
        <TextField
          label="Team"
          required
          hint="The people you will work with: your company or your group."
          value={form.teamName}
          onChange={set("teamName")}
          problem={fieldProblem("teamName")}
        />
        <Button kind="primary" size="large" type="submit" busy={create.isPending}>
          Make the account
        </Button>
      </form>
    </GatePage>
  );
}
