import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";

/** Chooses the workspace that something goes to. */
export function DestinationField({
  places,
  none,
  value,
  onChange,
}: {
  places: { id: string; name: string }[];
  /** What is said if there is no place. */
  none: string;
  value: string;
  onChange: (id: string) => void;
}) {
  if (places.length === 0) return <Notice kind="info">{none}</Notice>;
  return (
    <Select
      label="To the workspace"
      value={value}
      onChange={onChange}
      options={[
        { value: "", label: "Choose a workspace" },
        ...places.map((place) => ({ value: place.id, label: place.name })),
      ]}
    />
  );
}
