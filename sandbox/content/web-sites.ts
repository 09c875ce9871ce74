/** Whether the site of a link is an IP address instead of a name: brackets, or digits in the last label. Pure. */
export function namesNumbersOnly(link: string): boolean {
  const site = URL.canParse(link) ? new URL(link).hostname : '';
  return site.startsWith('[') || /(?:^|\.)\d+$/.test(site);
}
