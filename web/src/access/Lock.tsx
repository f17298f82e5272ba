import { useState } from "react";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { AskForAccess, type Wanted } from "./AskForAccess";
import { Explanation, type Question } from "./Explanation";

/** A lock beside what somebody may only look at: behind it stands why, and a way to ask for more. */
export function Lock({ question, wanted }: { question: Question; wanted: Wanted }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Why you can’t change this" icon="lock" onClick={() => setOpen(true)} />
      {open && <WhyNot question={question} wanted={wanted} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Why somebody may not do something, with a way to ask for it. */
export function WhyNot({
  question,
  wanted,
  title = "Why you can’t change this",
  first = "editor",
  onClose,
}: {
  question: Question;
  wanted: Wanted;
  title?: string;
  first?: "viewer" | "editor";
  onClose: () => void;
}) {
  const [asking, setAsking] = useState(false);
  if (asking) return <AskForAccess wanted={wanted} first={first} onClose={onClose} />;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={() => setAsking(true)}>Ask for access</Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <Explanation question={question} />
    </Dialog>
  );
}
