/**
 * What the page calls its buttons, fields and regions, as assistive technology reads them. Tests find things by these
 * names; where the page says something in another way, this is the one file of e2e to change.
 */

// The text and the bar below it
export const TEXT = 'Text';
export const TITLE = 'Title';
export const NEW = 'New';
export const WRITE = /^(Generate|Continue|Next article)$/;
export const STOP = 'Stop';
export const ONE_TOKEN = 'Write one token';
export const REGENERATE = 'Regenerate the last part';
export const UNDO = 'Undo';
export const REDO = 'Redo';
export const MEMORY = /^Memory/;
export const WRITING_BELOW = 'Writing below';
export const END_OF_ARTICLE = 'End of the article';
export const EXAMPLES = 'Examples';
export const FINISHED_EXAMPLE = 'A finished example';
export const STOPPED = /Stopped after \d+ tokens?\./;

// Loading
export const LOAD = 'Load the model';
export const CANCEL = 'Cancel';
export const RELOAD = 'Reload the page';
export const TRY_AGAIN = 'Try again';

// The bar above
export const MODEL = /^About the model/;
export const DEVICE = /^Runs on/;
export const RUNS_ON_CPU = /^Runs on: CPU/;
export const RUNS_ON_REFERENCE = 'Runs on: CPU, reference';
export const RUNS_ON_WEBGPU = 'Runs on: WebGPU';
export const SHARE = 'Share';
export const HELP = 'Help and shortcuts';
export const THEME = /^Theme/;

// Find and replace
export const FIND = 'Find';
export const REPLACE_WITH = 'Replace with';
export const MATCH_CASE = 'Match case';
export const REPLACE_ALL = 'Replace all';

// Commands
export const COMMANDS = 'All commands';
export const COMMAND_FIELD = 'Command';

// The rail and its panels
export const SETTINGS = 'Settings';
export const TOKEN = 'Token';
export const LENS = 'Lens';
export const LOOK_AT_ATTENTION = 'Look at attention';
export const BRANCHES = 'Branches';
export const closing = (panel: string) => `Close ${panel}`;

// Settings
export const PRESET = 'Preset';
export const KEEP_SETTINGS = 'Keep the settings below';
export const PRESET_NAME = 'Name of a new preset';
export const TEMPERATURE = 'Temperature';
export const TOP_P = 'Top-p';
export const TOP_K = 'Top-k';
export const SEQUENCE_PENALTY = 'Sequence penalty';
export const RESET = /^Reset/;
export const SEED = 'Seed';
export const LENGTH = 'Length in tokens';
export const GO_ON = 'Go on with the next';
export const STOP_AT = 'Stop at';
export const SPEED = 'Tokens a second, at most';
export const AUTOMATIC = 'Automatic';
export const UNDO_SETTINGS = 'Undo settings';
export const REDO_SETTINGS = 'Redo settings';

// Looking at a token
export const TOKEN_BEFORE = 'Token before';
export const TOKEN_AFTER = 'Token after';
export const PROBABILITY = 'Probability';
export const READ = 'Let the model read it';
export const READ_FOREIGN = 'Read it with this model';

// Branches
export const NAME_BRANCH = 'Name this branch';
export const PRUNE = /^Prune:/;
export const JSON_FILE = 'JSON';

// The lens
export const LENS_VIEWS = 'View';
export const LENS_TEXT = 'Text';
export const MATRIX = 'Matrix';
export const PROPORTIONS = 'Proportions';
export const OVERVIEW = 'Overview';
export const WHAT_IF = 'What if';
export const EXPLAIN = 'Explain';
export const LENS_TOKEN = 'Token that is looked at';
export const FOLLOW = 'Follow the end';
export const LAYER = 'Layer';
export const HEAD = 'Head';
export const LENS_OF = 'Of';
export const LENS_MEASURE = 'Measure';
export const LENS_SHOWS = 'Shows';
export const LARGEST_SHARES = 'Largest shares';
export const MATRIX_PICTURE = /^Layer/;
export const SIMILARITY_ALONE = /^Similarity alone/;
export const HEAD_IN_OVERVIEW = /Open the matrix\.$/;
export const INSTEAD = 'Instead of learned';
export const RUN_BOTH = 'Run both';
export const PERPLEXITY = /^Perplexity/;
export const DIVERGENCE = /^Divergence/;
export const NEXT_STEP = 'Next';
export const FIRST_STEP = 'Step 1 of 5';

// Comparing
export const COMPARE = 'Compare continuations';
export const HOW_MANY = 'How many';
export const COOL_TO_HOT = 'One seed, cool to hot';
export const WRITE_ALL = 'Write all';
export const WRITE_ANEW = 'Write anew';
export const keeping = (number: number) => `Keep: continuation ${number}`;
export const keepingOn = (number: number) => `Keep and go on: continuation ${number}`;
export const continuationText = (number: number) => `Text of continuation ${number}`;

// Sharing and verifying
export const LINK = 'Link';
export const COPY_LINK = 'Copy link';
export const SHARE_WITH = 'Share with …';
export const PICTURE = 'Picture';
export const TINTED_TEXT = 'The text with its tint';
export const SAVE_PICTURE = 'Save the picture';
export const QR_CODE = 'QR code';
export const QR_CODE_OF_LINK = 'QR code of the link';
export const SAVE_FILE = 'Save as a file';
export const OPEN_FILE = 'Open a file …';
export const ABOUT_TEXT = 'About this text';
export const USE_ITS_SETTINGS = 'Use its settings';
export const VERIFY = 'Verify';
export const VERIFY_TEXT = 'Verify the text';
export const VERIFICATION = 'Verification';
export const REPRODUCED = /All [\d,]+ tokens reproduced/;
export const DISMISS = 'Dismiss';

// Texts
export const TEXTS = 'Your texts';
export const renaming = (text: string) => `Rename ${text}`;
export const deleting = (text: string) => `Delete ${text}`;
export const BRING_BACK = 'Bring it back';
export const EXPORT = 'Export this text';
export const EXPORT_ALL = 'Export all texts';
export const OPEN_ELSEWHERE = 'open in another tab';

// The benchmark
export const BENCHMARK = 'Measure this device';
export const MEASURE = 'Measure';
export const COPY_REPORT = 'Copy the report';
