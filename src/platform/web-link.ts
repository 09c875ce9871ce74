/** Links for people. Pure. */

/** `URL` gives every spelling of an IPv4 address this form, and puts an IPv6 address in brackets. */
const ipHost = /^(?:\[.*\]|\d{1,3}(?:\.\d{1,3}){3})$/;

/** Whether a web address names its site by an IP address. */
export const hasIpHost = (url: string): boolean => URL.canParse(url) && ipHost.test(new URL(url).hostname);
