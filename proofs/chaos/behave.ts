/** Changes settings of the sandbox. */
export async function behave(sandboxUrl: string, behaviour: object): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/behaviour`, {
    method: 'PUT',
    body: JSON.stringify(behaviour),
  });
  if (!response.ok) throw new Error(`the sandbox refuses its settings: ${await response.text()}`);
}
