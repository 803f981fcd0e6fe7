/** SendCommand accepts at most 50 instance ids. */
export const nodesPerCommand = 50;

/** What makes two commands the same. */
interface CommandContent {
  readonly document: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Groups launches whose commands have the same content, so that they share one. Each group fits into one command. */
export function groupByOrder<Ready extends CommandContent>(ready: readonly Ready[]): Ready[][] {
  const byOrder = Map.groupBy(ready, ({ document, parameters }) => `${document} ${JSON.stringify(parameters)}`);
  return [...byOrder.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / nodesPerCommand) }, (_, at) =>
      group.slice(at * nodesPerCommand, (at + 1) * nodesPerCommand),
    ),
  );
}
