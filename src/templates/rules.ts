/** What the features around templates need of their content; the content itself has a folder of its own. */
export { fillTemplate, type FilledTemplate } from '../template-content/rules.ts';
