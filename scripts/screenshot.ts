import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { chromium, type Page } from 'playwright-core';
import { browserArgs, findBrowser } from './browser.ts';
import { dataDir, rootDir } from './paths.ts';
import { readJson } from './stack/files.ts';
import type { StackFile } from './stack/stack-file.ts';

/** Takes the pictures for docs/temporal.md from the Temporal UI of the running stack: `npm run screenshot`. */
const imagesDir = join(rootDir, 'docs', 'images');
const waitMs = 20_000;
const pollMs = 100;
/** The UI draws its timeline after the data has arrived; nothing on the page shows when it has finished. */
const settleMs = 1_000;
const sidebarWidth = 256;
const width = 1_400;

interface Picture {
  readonly name: string;
  readonly path: string;
  /** Text that appears only when the page has its data. */
  readonly waitFor: string;
  readonly height: number;
}

try {
  await takePictures();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function takePictures(): Promise<void> {
  const stack = readJson<StackFile>(join(dataDir, 'stack.json'));
  if (stack === null)
    throw new Error('No stack runs in this folder (.data/stack.json is missing). Run npm start first.');
  const executablePath = await findBrowser();
  const run = await findFinishedRun(stack);
  const namespacePath = `/namespaces/${stack.temporalNamespace}/workflows`;
  const runPath = `${namespacePath}/${encodeURIComponent(run.workflowId)}/${run.runId}`;
  const pictures: readonly Picture[] = [
    { name: 'temporal-workflows', path: namespacePath, waitFor: run.workflowId, height: 800 },
    { name: 'temporal-lifecycle', path: `${runPath}/timeline`, waitFor: 'receipt deadline', height: 990 },
    {
      name: 'temporal-history',
      path: `${runPath}/history`,
      waitFor: 'Workflow Execution Started',
      height: 1_330,
    },
    { name: 'temporal-story', path: `${runPath}/user-metadata`, waitFor: 'receipt: read', height: 680 },
  ];
  await mkdir(imagesDir, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: browserArgs });
  try {
    const page = await browser.newPage({ timezoneId: 'UTC' });
    for (const picture of pictures) await takePicture(page, stack.temporalUi, picture);
  } finally {
    await browser.close();
  }
}

async function takePicture(page: Page, ui: string, picture: Picture): Promise<void> {
  const { name, path, waitFor, height } = picture;
  await page.setViewportSize({ width, height });
  await page.goto(`${ui}${path}`);
  await untilShown(page, waitFor);
  await page.waitForTimeout(settleMs);
  const file = join(imagesDir, `${name}.png`);
  await page.screenshot({
    path: file,
    clip: { x: sidebarWidth, y: 0, width: width - sidebarWidth, height },
  });
  console.log(`${file.slice(rootDir.length + 1)}  from ${ui}${path}`);
}

/** The UI renders markdown in frames, so the text may be in any frame. */
async function untilShown(page: Page, text: string): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline) {
    for (const frame of page.frames()) {
      const count = await frame
        .getByText(text)
        .count()
        .catch(() => 0);
      if (count > 0) return;
    }
    await page.waitForTimeout(pollMs);
  }
  throw new Error(`${page.url()} does not show "${text}". Does a worker run? Current details need one.`);
}

/** A message that was read, preferably one with refused attempts, because it shows retries too. */
async function findFinishedRun(stack: StackFile): Promise<{ workflowId: string; runId: string }> {
  const connection = await Connection.connect({ address: stack.temporalAddress, connectTimeout: '5s' });
  try {
    const { workflow } = new Client({ connection, namespace: stack.temporalNamespace });
    const finished = "WorkflowType = 'sendMessage' AND ExecutionStatus = 'Completed'";
    for (const query of [`${finished} AND TemplateName = 'order_update'`, finished]) {
      for await (const { workflowId, runId } of workflow.list({ query, pageSize: 1 }))
        return { workflowId, runId };
    }
  } finally {
    await connection.close();
  }
  throw new Error(
    'No message has been read yet: send one, for instance by the curl line that npm start prints.',
  );
}
