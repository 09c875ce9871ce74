/**
 * How many times longer a test may take than it says. Its limits end what hangs and judge no speed; beside busy
 * neighbours a machine has needed four times as long for the same tests.
 */
export const patience = 4;
