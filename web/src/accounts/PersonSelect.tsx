import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { Select, TextField } from "../ui/Field";
import styles from "./Page.module.css";

/** How many are listed before one has to search. */
const LISTED = 50;

/** One member of the team; in a large team one searches first. */
export function PersonSelect({
  label,
  value,
  onChange,
  without,
  problem,
}: {
  label: string;
  value: string;
  onChange: (id: string) => void;
  /** Somebody who cannot be chosen. */
  without: string;
  problem?: string | null | undefined;
}) {
  const [search, setSearch] = useState("");
  const people = useQuery(
    api.queryOptions("get", "/api/people", {
      params: { query: { sort: "name", limit: LISTED, ...(search === "" ? {} : { search }) } },
    }),
  ).data;
  const items = (people?.items ?? []).filter((person) => person.id !== without);
  const large = search !== "" || (people?.total ?? 0) > LISTED;
  return (
    <div className={styles.form}>
      {large && <TextField label={`${label}: search`} value={search} onChange={setSearch} />}
      <Select
        label={label}
        value={items.some((person) => person.id === value) ? value : ""}
        onChange={onChange}
        problem={problem}
        options={[
          { value: "", label: "Choose a person" },
          ...items.map((person) => ({ value: person.id, label: `${person.name} (${person.email})` })),
        ]}
      />
    </div>
  );
}
