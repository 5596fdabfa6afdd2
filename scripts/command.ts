import { type ParseArgsConfig, parseArgs } from 'node:util';
import { EngineError } from '../src/model/runtime/errors';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O & { help: { type: 'boolean' } }; allowPositionals: true }>
>;

/** Runs a command: prints its usage for --help; prints an error with its remedy in one line and exits with status 1. */
export async function runCommand<const O extends Options>(
  usage: string,
  options: O,
  main: (values: Parsed<O>['values'], positionals: string[]) => Promise<void>,
): Promise<void> {
  try {
    const { values, positionals } = parse(options);
    if ((values as { help?: boolean }).help) console.log(usage);
    else await main(values, positionals);
  } catch (error) {
    const { code, message, remedy } = EngineError.from(error);
    console.error(`${message} ${remedy}`);
    if (code === 'internal') console.error(error);
    process.exitCode = 1;
  }
}

/** The number of an option. @throws EngineError 'input' if it is not a number. */
export function numberOption(name: string, value: string | undefined, fallback: number): number {
  const parsed = value === undefined ? fallback : Number(value);
  if (value?.trim() === '' || Number.isNaN(parsed))
    throw new EngineError('input', `--${name} is ${value}.`, 'Give a number.');
  return parsed;
}

function parse<O extends Options>(options: O): Parsed<O> {
  try {
    return parseArgs({
      options: { ...options, help: { type: 'boolean' } },
      allowPositionals: true,
    }) as Parsed<O>;
  } catch (cause) {
    const [message] = (cause as Error).message.split('\n');
    throw new EngineError('input', message, 'See --help. Write a negative number as --name=-1.', {
      cause,
    });
  }
}
