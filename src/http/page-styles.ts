/** The style of our own pages: one column, readable at 390 px, dark where the reader's system is. */
export const pageStyles = `:root { color-scheme: light dark; --line: #d0d7de; --soft: #f3f4f6; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #21262d; --link: #7cacf8; } }
* { box-sizing: border-box; }
body { max-width: 50rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
code { padding: .1em .3em; border-radius: .25rem; background: var(--soft); font-size: .92em; }
pre { padding: .75rem; border-radius: .4rem; background: var(--soft); font: inherit; white-space: pre-wrap; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
article { margin-top: 1.5rem; border-top: 1px solid var(--line); }
nav { font-size: .92rem; }
input, button { display: block; width: 100%; max-width: 24rem; margin: .5rem 0; padding: .5rem; font: inherit; }
`;
