/**
 * The accessible names of the page's buttons, fields and regions. Tests find elements by these names. When a name on the
 * page changes, only this file of e2e changes.
 */

// The text and the bar below it
export const TEXT = 'Text';
export const NEW = 'New';
export const BLANK_PAGE = 'Blank page';
export const WRITE = /^(Generate|Continue|Next article)( · loading \d+%)?$/;
export const STOP = 'Stop';
export const ONE_TOKEN = 'Add one token';
export const REGENERATE = 'Regenerate';
export const UNDO = 'Undo';
export const REDO = 'Redo';
export const MEMORY = /^Memory/;
export const JUMP_TO_NEWEST = 'Jump to newest';
export const lookingBack = (word: string) => `See what “${word}” looks back at`;
export const COLOUR_SURPRISING = 'Colour surprising words';
export const INTRODUCTION = 'Introduction';
export const CLOSE_INTRODUCTION = 'Close the introduction';
export const END_OF_ARTICLE = 'End of the article';
export const FINISHED_EXAMPLE = 'Northern Lines, already continued';
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
export const DEMOS = 'Demos';
export const MORE = 'More';
export const DARK = 'Dark';
export const PAGES = 'LeaPformer Playground';

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
export const OPEN_LENS = 'Lens: attention';
export const TALLER = 'Taller';
export const LOWER = 'Lower';
export const FULL_WINDOW = 'Full window';
export const BRANCHES = 'Branches';
export const closing = (panel: string) => `Close ${panel}`;

// Settings
export const PRESET = 'Preset';
export const SAVE_PRESET = 'Save as preset';
export const PRESET_NAME = 'Name of a new preset';
export const TEMPERATURE = 'Temperature';
export const SAMPLING = /^Sampling/;
export const TOP_P = 'Top-p';
export const TOP_K = 'Top-k';
export const SEQUENCE_PENALTY = 'Sequence penalty';
export const RESET = /^Reset/;
export const SEED = 'Seed';
export const LENGTH = 'Length in tokens';
export const NEXT_ARTICLE = 'Start the next article';
export const STOP_AT = 'Stop at';
export const SPEED = 'Speed limit, tokens/s';
export const AUTOMATIC = 'Automatic';
export const UNDO_SETTINGS = 'Undo settings';
export const REDO_SETTINGS = 'Redo settings';

// The token panel
export const PREVIOUS_TOKEN = 'Previous token';
export const NEXT_TOKEN = 'Next token';
export const RANK = 'Rank';
export const SCORE_TEXT = 'Score the text';
export const READ_FOREIGN = 'Read it with this model';

// Branches
export const NAME_BRANCH = 'Name this branch';
export const DELETE_BRANCH = /^Delete branch:/;
export const JSON_FILE = 'JSON';

// The lens
export const LENS_VIEWS = 'View';
export const LENS_WORDS = 'Words';
export const MATRIX = 'Matrix';
export const PROPORTIONS = 'Proportions';
export const ALL_HEADS = 'All heads';
export const LENS_TOKEN = 'Token to look from';
export const FOLLOW = 'Follow new words';
export const LENS_MEASURE = 'Measure';
export const LENS_SHOW = 'Show';
export const LARGEST_SHARES = 'Largest shares';
export const headCell = (layer: number, head: number) => new RegExp(`^Head ${layer}\\.${head}\\b`);
export const AVERAGE_OF_ALL = 'Average of all';
export const averageOfLayer = (layer: number) => `Average of layer ${layer}`;
export const HEADS_IN_NUMBERS = 'Every head in numbers';
export const MATRIX_PICTURE = /^Head/;
export const SIMILARITY_ALONE = /^Similarity alone/;
export const LEARNED = 'Learned';
export const BY_POSITION = 'By position';
export const OFF = 'Off';
export const SAVE_JSON = 'Save what is shown as JSON';
export const SAVE_PICTURE = /^Save (as (SVG|PNG): |the (words|heads) as SVG)/;
export const TOUR = 'Tour';
export const OFFERED_TOUR = 'Take the one-minute tour';
export const NEXT = 'Next';
export const DONE = 'Done';
export const PERPLEXITY = /perplexity \d/;

// Comparing
export const COMPARE = 'Compare continuations';
export const HOW_MANY = 'How many';
export const VARY_TEMPERATURE = 'Vary the temperature';
export const GENERATE_ALL = 'Generate all';
export const GENERATE_AGAIN = 'Generate again';
export const keeping = (number: number) => `Keep: continuation ${number}`;
export const keepingOn = (number: number) => `Keep and continue: continuation ${number}`;
export const continuationText = (number: number) => `Text of continuation ${number}`;

// Sharing and verifying
export const LINK = 'Link';
export const COPY_LINK = 'Copy link';
export const COPY_EMBED = 'Copy embed code';
export const OPEN_WHOLE = 'Open in LeaPformer Playground';
export const SHARE_WITH = 'Share with …';
export const IMAGE = 'Image';
export const COLOURED_TEXT = 'The text with its colours';
export const DOWNLOAD_IMAGE = 'Download the image';
export const QR_CODE = 'QR code';
export const QR_CODE_OF_LINK = 'QR code of the link';
export const DOWNLOAD = 'Download';
export const OPEN_FILE = 'Open a file …';
export const ABOUT_TEXT = 'About this text';
export const USE_SETTINGS = 'Use these settings';
export const VERIFY = 'Verify';
export const VERIFY_TEXT = 'Verify the text';
export const VERIFICATION = 'Verification';
export const VERIFIED = /Verified: all [\d,]+ generated tokens/;
export const DISMISS = 'Dismiss';

// Texts
export const TEXTS = /^Your texts/;
/** The button that opens the list has the name of the shown text. */
export const titled = (title: string) => `Your texts: ${title}`;
export const renaming = (text: string) => `Rename ${text}`;
export const deleting = (text: string) => `Delete ${text}`;
export const BRING_BACK = /^Undo: .* was deleted$/;
export const EXPORT = 'Export this text';
export const EXPORT_ALL = 'Export all texts';
export const OPEN_ELSEWHERE = 'open in another tab';

// The benchmark
export const BENCHMARK = 'Benchmark';
export const MEASURE = 'Measure';

// The page that translates
export const TRANSLATE = 'Translate';
export const SOURCE = 'English';
export const WAIT_FOR = 'Wait for';
export const READING_AND_WRITING = 'Reading and writing';
export const VERIFY_TRANSLATION = 'Verify the translation';

// The page that scores texts
export const SCORE = 'Score';
export const ADD_FILES = 'Add files';
export const ADD_THIS_TEXT = 'Add this text';
export const ADD_PAGE_TEXT = 'Add the text of the page';
export const SAVE_CSV = 'Save as CSV';
export const ALL_SENTENCES = 'All sentences';
export const SAVE_SENTENCES = 'Save all sentences as CSV';
export const SAVE_SCORES = 'Save as JSON';
export const COPY_REPORT = 'Copy report';

export const STORAGE = 'Storage';
export const NEW_VERSION = /A new version of the page is ready/;
export const UPDATE = 'Update';
export const LATER = 'Later';

export const SOURCE_CODE = 'Source code';
export const SCORE_TEXTS = 'Score texts';
export const OLDER_MODELS = 'Older models';
export const OPEN_OWN_FOLDER = 'Open the folder of your own model …';

// The page that teaches
export const TEACH = 'Teach';
export const OPEN_TEACH = 'Teach …';
export const LESSON = 'Lesson';
export const CONTINUE = 'Continue';
export const STOP_LESSON = 'Stop the lesson';
export const DISCARD_LESSON = 'Discard the lesson';
export const TAUGHT_MODELS = 'Taught models';
export const USE_IT = 'Use it';
export const COMPARE_WITH_BASE = 'Compare with its base';
export const TEACH_MORE = 'Teach it more';
export const EXPORT_ADAPTER = 'Export';
export const SAVE_FILE = 'Save the file';
export const DOWNLOAD_WITH_ADAPTER = 'Download with the adapter';
export const DELETE = 'Delete';
export const DELETE_IT = 'Delete it';
export const STRENGTH = 'Strength';
export const NAME = 'Name';

// Saved states
export const SAVE_STATE = 'Save the memory here …';
