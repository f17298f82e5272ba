/**
 * How well `text` answers what was typed; 0 if it does not. Every word typed must be there: as it is, best at the
 * start of a word, or its letters in order.
 */
export function score(text: string, query: string): number {
  const lower = text.toLowerCase();
  let points = 0;
  for (const word of query.toLowerCase().split(/\s+/)) {
    const found = scoreOf(lower, word);
    if (found === 0) return 0;
    points += found;
  }
  // Of two that match alike the shorter one is meant.
  return points / (1 + lower.length / 200);
}

function scoreOf(text: string, word: string): number {
  const index = text.indexOf(word);
  if (index >= 0 && isStart(text, index)) return 100;
  // "cu" means "Create user" before it means "Documents".
  const initials = text
    .split(/[^a-z0-9]+/)
    .map((part) => part.charAt(0))
    .join("");
  if (word.length > 1 && initials.includes(word)) return 80;
  if (index >= 0) return 60;

  let at = 0;
  let points = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, at);
    if (next < 0) return 0;
    points += isStart(text, next) ? 6 : next === at ? 3 : 1;
    at = next + 1;
  }
  // Letters far apart are chance.
  return points >= word.length * 2 ? points : 0;
}

function isStart(text: string, index: number): boolean {
  return index === 0 || /[^a-z0-9]/.test(text.charAt(index - 1));
}
