import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { Select, TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { type TeamRole, teamRoles } from "./roles";

/** Makes an account by hand, with a first password. */
export function AddPersonDialog({
  onClose,
  onDone,
}: {
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const [form, setForm] = useState<{ name: string; email: string; password: string; role: TeamRole }>({
    name: "",
    email: "",
    password: "",
    role: "developer",
  });
  const add = useMutation({
    mutationFn: () => answered(client.POST("/api/people", { body: form })),
    onSuccess: async () => {
      await onDone();
      onClose();
    },
  });
  const set = (field: "name" | "email" | "password") => (value: string) =>
    setForm((old) => ({ ...old, [field]: value }));

  return (
    <FormDialog
      title="Add a person"
      description="They can sign in at once with this email and password."
      action="Add"
      busy={add.isPending}
      problem={add.error && problemText(add.error)}
      onSubmit={add.mutate}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        autoFocus
        value={form.name}
        onChange={set("name")}
        autoComplete="off"
      />
      <TextField
        label="Email"
        type="email"
        required
        value={form.email}
        onChange={set("email")}
        autoComplete="off"
      />
      <TextField
        label="First password"
        type="password"
        required
        hint="Tell it to them in person or over a safe channel."
        value={form.password}
        onChange={set("password")}
        autoComplete="new-password"
      />
      <Select
        label="Role"
        value={form.role}
        options={teamRoles}
        onChange={(role) => setForm((old) => ({ ...old, role }))}
      />
    </FormDialog>
  );
}
