import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Select, TextField } from "../ui/Field";
import styles from "./Page.module.css";
import { offered, peopleQuery, type Person } from "./people";

interface Option {
  value: string;
  label: string;
}

const nobody = () => false;
const nameAndEmail = (person: Person) => `${person.name} (${person.email})`;

/** One member of the team; in a large team one searches first. */
export function PersonSelect({
  label,
  value,
  onChange,
  without = nobody,
  none = "Choose a person",
  before = [],
  named = nameAndEmail,
  problem,
}: {
  label: string;
  /** An id; empty for nobody. */
  value: string;
  onChange: (id: string) => void;
  /** Who cannot be chosen. */
  without?: (person: Person) => boolean;
  /** What stands for nobody. */
  none?: string;
  /** What can be chosen beside people. */
  before?: readonly Option[];
  /** What a person is called in the list. */
  named?: (person: Person) => string;
  problem?: string | null | undefined;
}) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Option | null>(null);
  const people = useQuery({ ...peopleQuery(search), retry: false, placeholderData: keepPreviousData }).data;
  const found = (people?.items ?? []).filter((person) => !without(person));
  const options: Option[] = [
    { value: "", label: none },
    ...before,
    ...found.map((person) => ({ value: person.id, label: named(person) })),
  ];
  // Whoever was chosen stays so while one looks for somebody else.
  if (!options.some((option) => option.value === value))
    options.push(chosen?.value === value ? chosen : { value, label: value });
  const large = search !== "" || (people?.total ?? 0) > offered;
  return (
    <div className={styles.form}>
      {large && <TextField label={`${label}: search`} value={search} onChange={setSearch} />}
      <Select
        label={label}
        value={value}
        onChange={(id) => {
          setChosen(options.find((option) => option.value === id) ?? null);
          onChange(id);
        }}
        problem={problem}
        options={options}
      />
    </div>
  );
}
