/** The place of a file in the storage. Pure. */
export const keyOf = (clientId: string, fileId: string): string =>
  `${clientId}/${fileId.slice(-2)}/${fileId}`;
