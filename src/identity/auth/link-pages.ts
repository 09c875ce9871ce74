import { htmlPage, type ServedPage, styleLink } from '../../http/page.ts';

interface LinkPage {
  readonly path: string;
  readonly title: string;
  /** Relative to the page. */
  readonly api: string;
  readonly button: string;
  readonly done: string;
  readonly asksPassword: boolean;
}

const linkPagesOf: readonly LinkPage[] = [
  {
    path: '/confirm-email',
    title: 'Confirm your e-mail address',
    api: 'api/auth/confirm-email',
    button: 'Confirm',
    done: 'Your address is confirmed.',
    asksPassword: false,
  },
  {
    path: '/confirm-email-change',
    title: 'Confirm the change of your e-mail address',
    api: 'api/auth/confirm-email-change',
    button: 'Confirm',
    done: 'Confirmed. Once the link of the other mail is used as well, log in with the new address.',
    asksPassword: false,
  },
  {
    path: '/reject-email-change',
    title: 'Stop the change of your e-mail address',
    api: 'api/auth/reject-email-change',
    button: 'Stop the change',
    done: 'Your address stays as it is. If you did not ask for the change, reset your password.',
    asksPassword: false,
  },
  {
    path: '/accept-invitation',
    title: 'Accept your invitation',
    api: 'api/auth/reset-password',
    button: 'Set the password',
    done: 'Your password is set. Log in with it.',
    asksPassword: true,
  },
  {
    path: '/reset-password',
    title: 'Reset your password',
    api: 'api/auth/reset-password',
    button: 'Set the password',
    done: 'Your password is set. Log in with it.',
    asksPassword: true,
  },
];

const scriptFile = 'link-page.js';

/** The token is after the `#`, so only the page itself sees it. */
const script = `const form = document.querySelector('form');
const button = form.querySelector('button');
const output = document.querySelector('output');
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  const problem = await send(form.elements.namedItem('password')?.value);
  button.disabled = false;
  output.textContent = problem ?? form.dataset.done;
  if (problem === null) form.remove();
});

/** Null if it is done, else what is wrong. */
async function send(password) {
  try {
    const answer = await fetch(form.dataset.api, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(password === undefined ? { token } : { token, password }),
    });
    if (answer.ok) return null;
    const problem = await answer.json();
    return problem.errors?.map(({ message }) => message).join(' ') ?? problem.detail;
  } catch {
    return 'The API does not answer. Try again.';
  }
}
`;

const bodyOf = ({ title, api, button, done, asksPassword }: LinkPage): string => `<h1>${title}</h1>
<form data-api="${api}" data-done="${done}">
${asksPassword ? '<label>New password<input name="password" type="password" autocomplete="new-password" required></label>\n' : ''}<button>${button}</button>
</form>
<p><output></output></p>
<p>This page stands in for your frontend during development. With <code>APP_URL</code>, the links of mails lead to your own.</p>
<script src="${scriptFile}"></script>`;

/** The pages that mails link to, for development without a frontend. */
export const linkPages: readonly ServedPage[] = [
  ...linkPagesOf.map((page) => ({
    path: page.path,
    contentType: 'text/html',
    handle: async () => ({ body: htmlPage(page.title, bodyOf(page), styleLink('')) }),
  })),
  { path: `/${scriptFile}`, contentType: 'text/javascript', handle: async () => ({ body: script }) },
];
