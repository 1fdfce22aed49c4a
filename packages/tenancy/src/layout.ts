/**
 * Where things are kept. All parts have names of one length and data alone has `/` behind the prefix, so no
 * key of one kind, or of one tenant, is one of another, or its beginning.
 */
export const layout = {
  data: (prefix: string, space: string): string => `${prefix}/${space}/`,
  usage: (prefix: string, space: string): string => `${prefix}.usage/${space}`,
  tenant: (prefix: string, space: string): string => `${prefix}.tenant/${space}`,
  id: (prefix: string, encodedId: string): string => `${prefix}.id/${encodedId}`,
  next: (prefix: string): string => `${prefix}.next`,
};
