const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is written as ids are. No object has another one. */
export function isId(text: string): boolean {
  return ID.test(text);
}
