/**
 * What the page calls things: the names that assistive technology reads. Tests find everything by them; when the page
 * says something in another way, this is the one file to change.
 */

// The text and its bar
export const TEXT = 'Text';
export const TITLE = 'Title';
export const NEW = 'New';
export const WRITE = /^(Generate|Continue|Next article)$/;
export const STOP = 'Stop';
export const ONE_TOKEN = 'Write one token';
export const REGENERATE = 'Regenerate the last part';
export const UNDO = 'Undo';
export const REDO = 'Redo';
export const LOADING = 'Loading the model';
export const STOPPED = /Stopped after \d+ tokens?\./;

// The bar above
export const MODEL = /^About the model/;
export const DEVICE = /^Runs on/;
export const RUNS_ON_CPU = /^Runs on: CPU/;
export const RUNS_ON_WEBGPU = 'Runs on: WebGPU';
export const SHARE = 'Share';

// The rail and its panels
export const SETTINGS = 'Settings';
export const TOKEN = 'Token';
export const LENS = 'Lens';
export const BRANCHES = 'Branches';
export const closing = (panel: string) => `Close ${panel}`;

// Settings
export const TEMPERATURE = 'Temperature';
export const SEED = 'Seed';
export const LENGTH = 'Length in tokens';
export const SPEED = 'Tokens a second, at most';
export const AUTOMATIC = 'Automatic';
export const GO_ON = 'Go on with the next';

// Looking at a token
export const TOKEN_BEFORE = 'Token before';
export const READ = 'Let the model read it';
export const READ_FOREIGN = 'Read it with this model';

// The lens
export const LENS_VIEWS = 'View';
export const LENS_TEXT = 'Text';
export const MATRIX = 'Matrix';
export const PROPORTIONS = 'Proportions';
export const OVERVIEW = 'Overview';
export const WHAT_IF = 'What if';
export const EXPLAIN = 'Explain';
export const RUN_BOTH = 'Run both';
export const LARGEST_SHARES = 'Largest shares';
export const MATRIX_PICTURE = /^Layer/;
export const SIMILARITY_ALONE = /^Similarity alone/;
export const HEAD = /Open the matrix\.$/;
export const PERPLEXITY = /^Perplexity/;
export const FIRST_STEP = 'Step 1 of 5';

// Comparing
export const COMPARE = 'Compare continuations';
export const HOW_MANY = 'How many';
export const WRITE_ALL = 'Write all';
export const WRITE_ANEW = 'Write anew';
export const keeping = (number: number) => `Keep: continuation ${number}`;
export const continuationText = (number: number) => `Text of continuation ${number}`;

// Sharing and verifying
export const LINK = 'Link';
export const COPY_LINK = 'Copy link';
export const PICTURE = 'Picture';
export const QR_CODE = 'QR code';
export const ABOUT_TEXT = 'About this text';
export const VERIFY = 'Verify';
export const VERIFY_TEXT = 'Verify the text';
export const VERIFICATION = 'Verification';
export const DISMISS = 'Dismiss';
export const REPRODUCED = /All [\d,]+ tokens reproduced/;

// Texts
export const TEXTS = 'Your texts';
export const OPEN_ELSEWHERE = 'open in another tab';
