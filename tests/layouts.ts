/**
 * Characters of keyboard layouts: one string per row of keys, for the key alone, with Shift, with AltGr (Option on a Mac),
 * and with both. A dotted circle is a dead key, a space is no character. From xkeyboard-config 2.35.1, which has six Mac
 * layouts; for the others, Option uses the AltGr level of a PC.
 */
export interface Layout {
  readonly name: string;
  readonly platform: 'mac' | 'pc';
  readonly levels: readonly (readonly [string, string, string, string])[];
}

/** KeyboardEvent.code of the keys of each row. */
export const ROWS: readonly (readonly string[])[] = [
  ['Backquote', ...Array.from('1234567890', (digit) => `Digit${digit}`), 'Minus', 'Equal'],
  [...Array.from('QWERTYUIOP', (letter) => `Key${letter}`), 'BracketLeft', 'BracketRight', 'Backslash'],
  [...Array.from('ASDFGHJKL', (letter) => `Key${letter}`), 'Semicolon', 'Quote'],
  ['IntlBackslash', ...Array.from('ZXCVBNM', (letter) => `Key${letter}`), 'Comma', 'Period', 'Slash'],
];

export const LAYOUTS: readonly Layout[] = [
  {
    name: 'US',
    platform: 'pc',
    levels: [
      ['`1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", '<zxcvbnm,./'],
      ['~!@#$%^&*()_+', 'QWERTYUIOP{}|', 'ASDFGHJKL:"', '>ZXCVBNM<>?'],
      ['             ', '             ', '           ', '|          '],
      ['             ', '             ', '           ', '¦          '],
    ],
  },
  {
    name: 'US international',
    platform: 'pc',
    levels: [
      ['◌1234567890-=', 'qwertyuiop[]\\', 'asdfghjkl;◌', '\\zxcvbnm,./'],
      ['◌!@#$%◌&*()_+', 'QWERTYUIOP{}|', 'ASDFGHJKL:◌', '|ZXCVBNM<>?'],
      ['`¡²³¤€¼½¾‘’¥×', 'äåé®þüúíóö«»¬', "áßðfghjœø¶'", '\\æx©vbñµç◌¿'],
      ['~¹◌◌£◌^◌◌◌◌◌÷', 'ÄÅÉ®ÞÜÚÍÓÖ“”¦', 'Á§ÐFGHJŒØ°"', '|ÆX¢VBÑµÇ◌◌'],
    ],
  },
  {
    name: 'Dvorak',
    platform: 'pc',
    levels: [
      ['`1234567890[]', "',.pyfgcrl/=\\", 'aoeuidhtns-', '<;qjkxbmwvz'],
      ['~!@#$%^&*(){}', '"<>PYFGCRL?+|', 'AOEUIDHTNS_', '>:QJKXBMWVZ'],
      ['◌     ◌  ◌  ◌', '◌◌◌          ', '           ', '|◌         '],
      ['◌     ◌  ◌   ', '◌◌·          ', '           ', '¦◌         '],
    ],
  },
  {
    name: 'German',
    platform: 'pc',
    levels: [
      ['◌1234567890ß◌', 'qwertzuiopü+#', 'asdfghjklöä', '<yxcvbnm,.-'],
      ['°!"§$%&/()=?◌', "QWERTZUIOPÜ*'", 'ASDFGHJKLÖÄ', '>YXCVBNM;:_'],
      ['′¹²³¼½¬{[]}\\◌', '@ſ€¶ŧ←↓→øþ◌~’', 'æſðđŋħ◌ĸł◌◌', '|»«¢„“”µ·…–'],
      ['″¡⅛£¤⅜⅝⅞™±°¿◌', 'Ω§€®Ŧ¥↑ıØÞ◌¯◌', 'ÆẞÐªŊĦ◌&Ł◌◌', '◌›‹©‚‘’º×÷—'],
    ],
  },
  {
    name: 'French',
    platform: 'pc',
    levels: [
      ['œ&é"\'(-è_çà)=', 'azertyuiop◌$*', 'qsdfghjklmù', '<wxcvbn,;:!'],
      ['Œ1234567890°+', 'AZERTYUIOP◌£µ', 'QSDFGHJKLM%', '>WXCVBN?./§'],
      ['“◌~#{[|◌\\^@]}', 'âå€çþýûîô¶◌ê³', 'ÂøÊ±æðÛÎÔ¹²', '|«»©®ß¬¿×÷¡'],
      ['”·É¸´¨¦È¯ÇÀÿ◌', "äÅ¢ÇÞÝüïö`'ë¥", 'ÄØËªÆÐÜÏÖºÙ', '¦<>©‚ẞ’º×÷◌'],
    ],
  },
  {
    name: 'Spanish',
    platform: 'pc',
    levels: [
      ["º1234567890'¡", 'qwertyuiop◌+ç', 'asdfghjklñ◌', '<zxcvbnm,.-'],
      ['ª!"·$%&/()=?¿', 'QWERTYUIOP◌*Ç', 'ASDFGHJKLÑ◌', '>ZXCVBNM;:_'],
      ['\\|@#~½¬{[]}\\◌', '@ſ€¶ŧ←↓→øþ[]}', 'æßðđŋħ◌ĸł◌{', '|«»¢„“”µ•·◌'],
      ['\\¡⅛£$⅜⅝⅞™±°¿◌', 'Ω§¢®Ŧ¥↑ıØÞ◌◌◌', 'ÆẞÐªŊĦ◌&Ł◌◌', '¦<>©‚‘’º×÷◌'],
    ],
  },
  {
    name: 'Polish',
    platform: 'pc',
    levels: [
      ['`1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", '<zxcvbnm,./'],
      ['~!@#$%^&*()_+', 'QWERTYUIOP{}|', 'ASDFGHJKL:"', '>ZXCVBNM<>?'],
      ['¬≠²³¢€½§·«»–◌', 'πœę©ß←↓→óþ◌◌◌', 'ąśðæŋ’ə…ł◌◌', '|żźć„”ńµ≤≥◌'],
      ['∨¡¿£¼‰∧≈¾±°—◌', 'ΩŒĘ®™¥↑↔ÓÞ◌◌◌', 'ĄŚÐÆŊ•Ə◌Ł◌◌', '¦ŻŹĆ‘“Ń∞×÷◌'],
    ],
  },
  {
    name: 'Turkish Q',
    platform: 'pc',
    levels: [
      ['"1234567890*-', 'qwertyuıopğü,', 'asdfghjklşi', '<zxcvbnmöç.'],
      ["é!'^+%&/()=?_", 'QWERTYUIOPĞÜ;', 'ASDFGHJKLŞİ', '>ZXCVBNMÖÇ:'],
      ['<>£#$½¾{[]}\\|', '@ €¶₺←ûîô ◌~`', "âß ª  ◌  ´'", '|«»¢„“”µ×·◌'],
      ['°¡²³¼⅜   ±°¿ ', 'Ω  ® ¥ÛÎÔ ◌◌◌', 'Â     ◌  ◌◌', '¦<>©‚‘’º ÷◌'],
    ],
  },
  {
    name: 'Turkish F',
    platform: 'pc',
    levels: [
      ['+1234567890/-', 'fgğıodrnhpqwx', 'uieaütkmlyş', '<jövcçzsb.,'],
      ['*!"^$%&\'()=?_', 'FGĞIODRNHPQWX', 'UİEAÜTKMLYŞ', '>JÖVCÇZSB:;'],
      ['¬¹²#¼½¾{[]}\\|', '@  ¶ô¥® °£◌~`', 'ûî€âû₺ µ ´#', '|«»“¢” §×÷·'],
      ['±¡ ³ ⅜   ±°¿ ', '    Ô     ◌◌◌', 'ÛÎ ÂÛ    ◌◌', '¦<> ©    ◌ '],
    ],
  },
  {
    name: 'Russian',
    platform: 'pc',
    levels: [
      ['ё1234567890-=', 'йцукенгшщзхъ\\', 'фывапролджэ', '/ячсмитьбю.'],
      ['Ё!"№;%:?*()_+', 'ЙЦУКЕНГШЩЗХЪ/', 'ФЫВАПРОЛДЖЭ', '|ЯЧСМИТЬБЮ,'],
      ['        ₽    ', '             ', '           ', '|          '],
      ['             ', '             ', '           ', '¦          '],
    ],
  },
  {
    name: 'Greek',
    platform: 'pc',
    levels: [
      ['`1234567890-=', ';ςερτυθιοπ[]\\', "ασδφγηξκλ◌'", '«ζχψωβνμ,./'],
      ['~!@#$%^&*()_+', ':ΣΕΡΤΥΘΙΟΠ{}|', 'ΑΣΔΦΓΗΞΚΛ◌"', '»ΖΧΨΩΒΝΜ<>?'],
      ['  ½£¼€ϰϗ₯ °± ', '·ϛ€® ϒϑͻ ϡ◌◌ ', '  ↓ϕϝ ͼϟϲ◌◌', '|ͽ→©ϖϐʹϻ«» '],
      [' ¹²³¾  Ϗ     ', ' Ϛ ϱ ϒϴϽ Ϡ◌◌ ', '  ↑ Ϝ ϾϞϹ◌◌', '¦Ͽ←   ͵Ϻ · '],
    ],
  },
  {
    name: 'Hebrew',
    platform: 'pc',
    levels: [
      [';1234567890-=', "/'קראטוןםפ][\\", 'שדגכעיחלךף,', '<זסבהנמצתץ.'],
      ['~!@#$%^&*)(_+', 'QWERTYUIOP}{|', 'ASDFGHJKL:"', '>ZXCVBNM><?'],
      ['׳  €₪°◌◌×  ־–', '◌◌◌◌ װ◌  ◌◌◌◌', '◌◌  ױײ◌ ”„״', '| ◌◌   ◌’‚÷'],
      ['             ', '             ', '           ', '¦    ׆     '],
    ],
  },
  {
    name: 'Arabic',
    platform: 'pc',
    levels: [
      ['ذ1234567890-=', 'ضصثقفغعهخحجد\\', 'شسيبلاتنمكط', '|ئءؤرﻻىةوزظ'],
      ['◌!@#$%^&*)(_+', '◌◌◌◌ﻹإ`÷×؛<>…', '◌◌][ﻷأـ،/:"', "¦~◌}{ﻵآ',.؟"],
      ['٪١٢٣٤٥٦٧٨٩٠–≠', '    ڤ     چ ⟨', '   پ ٱ ٫ گ⟩', '|»«   ◌ ٬ژ٭'],
      ['؉    ‰     ‑≈', '             ', '           ', '¦›‹        '],
    ],
  },
  {
    name: 'US',
    platform: 'mac',
    levels: [
      ['`1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", '§zxcvbnm,./'],
      ['~!@#$%^&*()_+', 'QWERTYUIOP{}|', 'ASDFGHJKL:"', '±ZXCVBNM<>?'],
      ['◌¡™£¢∞§¶•ªº–≠', 'œ∑◌®†¥◌◌øπ“‘«', 'åß∂ƒ©◌∆◌¬…æ', '§Ω≈ç√∫◌µ≤≥÷'],
      ['◌⁄€‹›ﬁﬂ‡°·‚—±', 'Œ„´‰◌¼¨ˆØ∏”’»', 'Å◌ð◌◌◌½ ÞþÆ', '±◌◌Ç◊ı˜¾◌◌¿'],
    ],
  },
  {
    name: 'German',
    platform: 'mac',
    levels: [
      ['◌1234567890ß◌', 'qwertzuiopü+#', 'asdfghjklöä', '<yxcvbnm,.-'],
      ['°!"§$%&/()=?◌', "QWERTZUIOPÜ*'", 'ASDFGHJKLÖÄ', '>YXCVBNM;:_'],
      ['′¡²³¼[]|{}}\\◌', '«ſ€®ŧ←¨/øþ·~’', 'åſðđ©ª◌ĸ@◌◌', '|»«¢„“~µ·…–'],
      ['″@⅛£¤⅜⅝\\~±°¿◌', '»§€®Ŧ¥ÁÛØÞ°¯◌', 'ÅẞÐªŊĦ◌&Ł◌◌', '◌›‹©‚‘’º×÷—'],
    ],
  },
  {
    name: 'French',
    platform: 'mac',
    levels: [
      ['@&é"\'(§è!çà)-', 'azertyuiop◌$◌', 'qsdfghjklmù', '<wxcvbn,;:='],
      ['#1234567890°_', 'AZERTYUIOP◌*£', 'QSDFGHJKLM%', '>WXCVBN?./+'],
      ['· ë  {¶«¡Çø}—', 'æÂê® Ú îœ ô€@', 'âÒ   ÌÏÈ¬µÙ', '   ©♦ß◌  ÷ '],
      ['Ÿ◌É  [å»ÛÁ ]–', 'ÆÅÊ¤ ŸªïŒ Ô¥#', 'À  · ÎÍË|Óû', '   ¢⎷ẞ~¿·\\±'],
    ],
  },
  {
    name: 'Russian',
    platform: 'mac',
    levels: [
      [']1234567890-=', 'йцукенгшщзхъё', 'фывапролджэ', '<ячсмитьбю/'],
      ['[!"№%:,.;()_+', 'ЙЦУКЕНГШЩЗХЪЁ', 'ФЫВАПРОЛДЖЭ', '>ЯЧСМИТЬБЮ?'],
      ['             ', '             ', '     ₽     ', '|          '],
      ['             ', '             ', '           ', '¦          '],
    ],
  },
  {
    name: 'Arabic',
    platform: 'mac',
    levels: [
      ['ـ١٢٣٤٥٦٧٨٩٠-=', 'ضصثقفغعهخحجة\\', 'شسيبلاتنمك؛', 'ـظطذدزرو،./'],
      [' !@#$٪^&*)(_+', '◌◌◌◌◌◌◌◌][}{|', '»«ى◌ آٱ  :"', '   ئءأإؤ><؟'],
      ['%1234567890–≠', '    ڤ     چ ⟨', '   پ ٱ ٫ گ⟩', '|»«   ◌ ٬ژ٭'],
      ['‰    ؉     ‑≈', '             ', '           ', '¦›‹        '],
    ],
  },
  {
    name: 'Dvorak',
    platform: 'mac',
    levels: [
      ['`1234567890[]', "',.pyfgcrl/=\\", 'aoeuidhtns-', '§;qjkxbmwvz'],
      ['~!@#$%^&*(){}', '"<>PYFGCRL?+|', 'AOEUIDHTNS_', '±:QJKXBMWVZ'],
      ['◌¡™£¢∞§¶•ªº“‘', 'æ≤≥π¥ƒ©ç®¬÷≠«', 'åø◌◌◌∂˙†◌ß–', '|…œ∆◌≈∫µ∑√Ω'],
      ['`⁄€‹›ﬁﬂ‡°·‚”’', 'Æ¯˘∏ÁÏ˝Ç‰Ò¿±»', 'ÅØ´¨^ÎÓˇ~Í—', '¦ÚŒÔ ˛ıÂ„◊¸'],
    ],
  },
  {
    name: 'Greek',
    platform: 'mac',
    levels: [
      ['`1234567890-=', ';ςερτυθιοπ[]\\', "ασδφγηξκλ◌'", '«ζχψωβνμ,./'],
      ['~!@#$%^&*()_+', ':ΣΕΡΤΥΘΙΟΠ{}|', 'ΑΣΔΦΓΗΞΚΛ◌"', '»ΖΧΨΩΒΝΜ<>?'],
      ['  ½£¼€ϰϗ₯ °± ', '·ϛ€® ϒϑͻ ϡ◌◌ ', '  ↓ϕϝ ͼϟϲ◌◌', '|ͽ→©ϖϐʹϻ«» '],
      [' ¹²³¾  Ϗ     ', ' Ϛ ϱ ϒϴϽ Ϡ◌◌ ', '  ↑ Ϝ ϾϞϹ◌◌', '¦Ͽ←   ͵Ϻ · '],
    ],
  },
  {
    name: 'Hebrew',
    platform: 'mac',
    levels: [
      [';1234567890-=', "/'קראטוןםפ][\\", 'שדגכעיחלךף,', '<זסבהנמצתץ.'],
      ['~!@#$%^&*)(_+', 'QWERTYUIOP}{|', 'ASDFGHJKL:"', '>ZXCVBNM><?'],
      ['׳  €₪°◌◌×  ־–', '◌◌◌◌ װ◌  ◌◌◌◌', '◌◌  ױײ◌ ”„״', '| ◌◌   ◌’‚÷'],
      ['             ', '             ', '           ', '¦    ׆     '],
    ],
  },
  {
    name: 'Spanish',
    platform: 'mac',
    levels: [
      ["º1234567890'¡", 'qwertyuiop◌+ç', 'asdfghjklñ◌', '<zxcvbnm,.-'],
      ['ª!"·$%&/()=?¿', 'QWERTYUIOP◌*Ç', 'ASDFGHJKLÑ◌', '>ZXCVBNM;:_'],
      ['\\|@#~½¬{[]}\\◌', '@ſ€¶ŧ←↓→øþ[]}', 'æßðđŋħ◌ĸł◌{', '|«»¢„“”µ•·◌'],
      ['\\¡⅛£$⅜⅝⅞™±°¿◌', 'Ω§¢®Ŧ¥↑ıØÞ◌◌◌', 'ÆẞÐªŊĦ◌&Ł◌◌', '¦<>©‚‘’º×÷◌'],
    ],
  },
  {
    name: 'Polish',
    platform: 'mac',
    levels: [
      ['`1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", '<zxcvbnm,./'],
      ['~!@#$%^&*()_+', 'QWERTYUIOP{}|', 'ASDFGHJKL:"', '>ZXCVBNM<>?'],
      ['¬≠²³¢€½§·«»–◌', 'πœę©ß←↓→óþ◌◌◌', 'ąśðæŋ’ə…ł◌◌', '|żźć„”ńµ≤≥◌'],
      ['∨¡¿£¼‰∧≈¾±°—◌', 'ΩŒĘ®™¥↑↔ÓÞ◌◌◌', 'ĄŚÐÆŊ•Ə◌Ł◌◌', '¦ŻŹĆ‘“Ń∞×÷◌'],
    ],
  },
  {
    name: 'Turkish Q',
    platform: 'mac',
    levels: [
      ['"1234567890*-', 'qwertyuıopğü,', 'asdfghjklşi', '<zxcvbnmöç.'],
      ["é!'^+%&/()=?_", 'QWERTYUIOPĞÜ;', 'ASDFGHJKLŞİ', '>ZXCVBNMÖÇ:'],
      ['<>£#$½¾{[]}\\|', '@ €¶₺←ûîô ◌~`', "âß ª  ◌  ´'", '|«»¢„“”µ×·◌'],
      ['°¡²³¼⅜   ±°¿ ', 'Ω  ® ¥ÛÎÔ ◌◌◌', 'Â     ◌  ◌◌', '¦<>©‚‘’º ÷◌'],
    ],
  },
];
