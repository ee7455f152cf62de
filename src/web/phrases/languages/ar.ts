/**
 * Every word that a visitor reads, in Arabic: the same things said as in French, sentence by sentence.
 *
 * Women and men are spoken to in the same words: verbal nouns instead of imperatives, nothing that takes a feminine
 * form in writing. Durations come in the nominative ("دقيقتان"), so they stand where the nominative is right: never
 * behind a preposition, unless the value is never two. One and two have no form that shows a figure and reads well, so
 * there the sentence ends with the figure.
 */
import type { LanguageFile, MailTranslation, ProblemSentences } from '../phrases.ts';

export const language: LanguageFile = {
  tag: 'ar',
  direction: 'rtl',
  /** What Intl formats numbers, durations and times with. Latin digits, as numbers are read out at desks. */
  locale: 'ar-u-nu-latn',
  unitJoiner: ' و',
  phrases: {
    'language-name': 'العربية',
    'language-menu': 'اللغة',
    'skip-to-content': 'الانتقال إلى المحتوى',
    'site-kind': 'طابور الانتظار',

    'title-plain': '{room} – طابور الانتظار',
    'title-waiting': 'ترتيبك {position} – {room}',
    'title-turn': 'حان دورك – {room}',
    'title-missed': 'فات دورك – {room}',

    'join-headline': 'يُرجى أخذ رقم لانتظار دورك',
    'join-text': 'يستقبل الموقع عددًا محدودًا من الأشخاص في الوقت نفسه. رقمك يحفظ مكانك في الطابور.',
    'join-button': 'أخذ رقم',
    'join-again-button': 'أخذ رقم جديد',
    'join-before-opening': 'يمكنك أخذ رقم من الآن، فهو يحفظ مكانك.',
    'join-while-paused': 'يمكنك أخذ رقم، فهو يحفظ مكانك.',
    'join-opens-at': 'تُوزَّع الأرقام ابتداءً من: {time}',
    'nobody-waits': 'لا أحد ينتظر حاليًا.',
    'people-wait': {
      zero: 'عدد الأشخاص المنتظرين حاليًا: {count}.',
      one: 'عدد الأشخاص المنتظرين حاليًا: {count}.',
      two: 'عدد الأشخاص المنتظرين حاليًا: {count}.',
      few: 'ينتظر حاليًا {count} أشخاص.',
      many: 'ينتظر حاليًا {count} شخصًا.',
      other: 'ينتظر حاليًا {count} شخص.',
    },

    'not-open-headline': 'لم يحن وقت الافتتاح بعد',
    'not-open-text': 'لم يبدأ الدخول بعد.',
    'opens-at': 'موعد الافتتاح: {time}',
    'paused-headline': 'الدخول متوقف مؤقتًا',
    'paused-text': 'لا يدخل أحد في الوقت الحالي.',
    'closed-headline': 'مغلق',
    'closed-text': 'أُغلق الطابور، ولم يعد الدخول ممكنًا.',
    'draining-headline': 'لم يعد الطابور يستقبل أشخاصًا جددًا',
    'draining-text': 'سيدخل الأشخاص المنتظرون حاليًا. وبعد ذلك يُغلق الطابور.',
    'no-places-headline': 'لم تبقَ أماكن متاحة',
    'no-places-text': 'مُنحت جميع الأماكن.',
    'bypass-headline': 'لا انتظار حاليًا',
    'bypass-text': 'يمكن للجميع الانتقال إلى الموقع مباشرة، من دون رقم.',
    'bypass-button': 'الانتقال إلى الموقع',
    'reason-given': 'السبب المعلن: {reason}',
    'notice-label': 'رسالة',
    'notice-spoken': 'رسالة: {notice}',

    'queued-headline': 'أنت في الطابور',
    'queued-text': 'سيظهر زر هنا عندما يحين دورك.',
    'next-headline': 'دورك هو التالي',
    'place-kept': 'مكانك محفوظ.',
    'waiting-closed-text': 'أُغلق الطابور، ولم يعد الدخول ممكنًا. لا داعي لمواصلة الانتظار.',
    'holding-headline': 'توقف قصير',
    'holding-text': 'يُستأنف الدخول بعد لحظات. مكانك محفوظ.',
    'waiting-no-places-text': 'مُنحت جميع الأماكن. لا داعي لمواصلة الانتظار.',
    'beyond-places-headline': 'قد لا يبقى مكان متاح عندما يحين دورك',
    'beyond-places-text':
      'عدد الأشخاص أمامك أكبر من عدد الأماكن المتبقية. يمكنك مواصلة الانتظار، فقد يتخلى بعض من أمامك عن دورهم.',
    'interrupted-headline': 'انقطع تحديث المعلومات',
    'interrupted-text': 'ليست لدينا معلومات حديثة عن الطابور. مكانك محفوظ.',
    'returned-text': 'عاد إلى الطابور أشخاص وصلوا قبلك. لذلك تراجع ترتيبك، لكن الأسبقية تبقى حسب وقت الوصول.',
    'recovered-text':
      'أُعيد تنظيم الطابور للتو بعد عطل. قد يتغير ترتيبك لبعض الوقت، لكن الأسبقية تبقى حسب وقت الوصول.',

    'position-label': 'ترتيبك',
    'position-unknown': 'سيظهر ترتيبك بعد لحظات.',
    'people-ahead': {
      zero: 'عدد الأشخاص أمامك: {count}',
      one: 'عدد الأشخاص أمامك: {count}',
      two: 'عدد الأشخاص أمامك: {count}',
      few: 'أمامك {count} أشخاص',
      many: 'أمامك {count} شخصًا',
      other: 'أمامك {count} شخص',
    },
    'nobody-ahead': 'لا أحد أمامك',
    'position-obtained': 'يُحدَّد ترتيبك حسب وقت وصولك',
    'wait-label': 'مدة الانتظار المتوقعة',
    'wait-unknown': 'غير معروفة بعد',
    'wait-stopped': 'غير معروفة ما دام الدخول متوقفًا',
    'wait-under-a-minute': 'أقل من دقيقة',
    'wait-under': '{duration} على الأكثر',
    'wait-about': '{duration} تقريبًا',
    'wait-between': 'أقلها {low} وأقصاها {high}',
    'number-label': 'رقمك',
    'places-label': 'الأماكن المتبقية',
    'places-left': '{count}، آخر تحديث: {time}',
    'as-of-label': 'آخر تحديث',
    'spoken-position': '{time}: ترتيبك {position}، {ahead}. {wait}',
    'spoken-wait': 'مدة الانتظار المتوقعة: {wait}.',

    'turn-headline': 'حان دورك',
    'turn-text': 'يُرجى الضغط على زر «دخول».',
    'turn-ends-soon': 'بقي أقل من {duration} للدخول.',
    'enter-button': 'دخول',
    'time-left': 'الوقت المتبقي لك للدخول: {duration}. آخر موعد: {time}',
    'less-than-seconds': 'أقل من {duration}',
    'extend-button': 'تمديد المهلة ({duration})',
    'extensions-left': {
      zero: 'عدد مرات التمديد المتبقية لك: {count}.',
      one: 'عدد مرات التمديد المتبقية لك: {count}.',
      two: 'عدد مرات التمديد المتبقية لك: {count}.',
      few: 'يمكنك تمديد المهلة {count} مرات أخرى.',
      many: 'يمكنك تمديد المهلة {count} مرة أخرى.',
      other: 'يمكنك تمديد المهلة {count} مرة أخرى.',
    },
    'no-extensions-left': 'لم يعد تمديد المهلة ممكنًا، لكن إذا فات دورك، يبقى مكانك محفوظًا.',

    'entered-headline': 'يمكنك الانتقال إلى الموقع',
    'entered-text':
      'يبقى إذن دخولك ساريًا طوال استخدامك للموقع. وعند التوقف عن استخدامه، ينتهي الإذن تلقائيًا.',
    'entered-until': 'موعد انتهاء الإذن عند التوقف عن الاستخدام: {time}',
    'site-button': 'الانتقال إلى الموقع',
    'lapsed-headline': 'فات دورك، لكن مكانك محفوظ',
    'lapsed-text': 'يُرجى الضغط على «أنا هنا»، وسيصبح مكانك في أول الطابور.',
    'lapsed-until': 'يمكنك القيام بذلك حتى: {time}',
    'return-button': 'أنا هنا',
    'completed-headline': 'انتهت المعاملة',
    'completed-text': 'اكتملت معاملتك على الموقع. شكرًا لك على انتظار دورك.',
    'gave-up-headline': 'لقد غادرت الموقع',
    'gave-up-text': 'أصبح مكانك الآن متاحًا للشخص التالي.',
    'left-headline': 'لقد غادرت الطابور',
    'left-text': 'تم إرجاع رقمك.',
    'expired-headline': 'انتهى إذن دخولك إلى الموقع',
    'expired-text': 'لم يسجل الموقع أي نشاط منذ مدة، فانتهى الإذن تلقائيًا.',
    'ended-headline': 'انتهى استخدام هذا الرقم',
    'ended-text': 'لم يعد يتيح الدخول إلى الموقع.',
    'over-headline': 'هذا الرقم لم يعد صالحًا',
    'over-text': 'انتهت مدته، أو سبق استخدامه.',
    'earlier-run-headline': 'هذا الرقم من طابور سابق',
    'earlier-run-text': 'بدأ بعده طابور جديد.',
    'moved-headline': 'مكانك على جهاز آخر',
    'moved-text': 'يُرجى المتابعة على الجهاز الذي نقلت مكانك إليه.',

    'help-headline': 'كيف يعمل الطابور؟',
    'rule-default': 'يدخل الأشخاص حسب ترتيب وصولهم. لا يتغير مكانك بتحديث الصفحة أو بفتح علامات تبويب أخرى.',
    'my-turn-text':
      'عندما يحين دورك، ستكون أمامك {duration} للضغط على «دخول»، ويمكنك تمديد المهلة عشر مرات. وإذا فات دورك، يبقى مكانك محفوظًا، ويكفي الضغط على «أنا هنا».',
    'may-close':
      'يمكنك إغلاق هذه الصفحة والعودة إليها على هذا الجهاز. وللدخول، يجب أن تكون الصفحة مفتوحة عندما يحين دورك.',
    'kept-until': 'رقمك محفوظ حتى: {time}',
    prepare: 'ما ينبغي تحضيره: {text}',

    'refresh-link': 'تحديث الصفحة',
    'updates-by-hand': 'للاطلاع على آخر المستجدات:',
    'updates-live': 'تُحدَّث هذه الصفحة تلقائيًا.',
    'updates-interrupted': 'انقطع الاتصال. نحاول من جديد. مكانك محفوظ.',
    'updates-offline': 'جهازك غير متصل بالإنترنت. مكانك محفوظ. ستُحدَّث الصفحة عند عودة الاتصال.',

    'leave-summary': 'مغادرة الطابور',
    'leave-text': 'سيُعطى مكانك للشخص التالي. وسيُمحى رقمك من هذا الجهاز.',
    'leave-button': 'نعم، أريد مغادرة الطابور',

    contact: 'طريقة أخرى لإنجاز معاملتك: {text}',
    'privacy-note': 'يُحفظ رقمك على هذا الجهاز في ملف تعريف ارتباط واحد (كوكي). لا شيء يتتبعك.',
    'privacy-link': 'الخصوصية',
    'accessibility-link': 'إمكانية الوصول',

    'clock-elsewhere': '{time} ({zone}) – {yours} بتوقيتك المحلي',
    'clock-with-zone': '{time} ({zone})',

    'problem-title': 'تعذر عرض الصفحة',
    'problem-headline': 'حدثت مشكلة',
    'retry-after': 'الوقت المتبقي قبل إعادة المحاولة: {duration}.',
    'cookies-refused':
      'لم يحفظ متصفحك رقمك. يُرجى السماح بملفات تعريف الارتباط (كوكيز) لهذا الموقع، ثم أخذ رقم من جديد.',
    'target-refused': 'العنوان المطلوب ليس من عناوين هذا الموقع. يؤدي هذا الطابور إلى الموقع المحدد له.',
  },
};

/** The words of the e-mail: the server's alone. */
export const mail: MailTranslation = {
  'mail-subject': '{room}: اقترب دورك',
  'mail-wait': 'الانتظار المتوقع الآن: {wait}.',
  'mail-number': 'رقمك: {number}',
  'mail-come-back': 'يُرجى العودة إلى صفحة الطابور، على الجهاز الذي يوجد فيه رقمك:',
  'mail-turn': 'عندما يحين دورك، ستكون أمامك {duration} للضغط على «دخول». وإذا فات دورك، يبقى مكانك محفوظًا.',
  'mail-only-one': 'لن نرسل رسالة أخرى. وقد مُحي عنوانك الآن.',
};

/** One plain sentence for each error code. */
export const problems: ProblemSentences = {
  'request-malformed': 'تعذرت قراءة الطلب. يُرجى العودة إلى صفحة الطابور والبدء من جديد.',
  'request-invalid': 'تعذر فهم جزء من الطلب. يُرجى العودة إلى صفحة الطابور والبدء من جديد.',
  'email-invalid': 'تعذرت قراءة هذا العنوان. شكله المعتاد: name@example.org.',
  'key-missing': 'هذا العنوان مخصص للمشرفين على الطابور.',
  'token-missing': 'لم نجد رقمك على هذا الجهاز.',
  'token-refused': 'الرقم المحفوظ على هذا الجهاز لم يعد صالحًا.',
  'key-forbidden': 'هذا الإجراء مخصص للمشرفين على الطابور.',
  'origin-forbidden': 'جاء الطلب من صفحة أخرى. يُرجى العودة إلى صفحة الطابور والبدء من جديد.',
  'route-unknown': 'لا يوجد شيء على هذا العنوان.',
  'room-unknown': 'لا يوجد طابور على هذا العنوان. ربما يكون قد انتهى.',
  'code-unknown': 'لم يُتعرَّف على هذا الرمز. يُرجى التحقق منه على جهازك الأول، أو إظهار رمز جديد هناك.',
  'method-not-allowed': 'هذا العنوان لا يستجيب لهذا النوع من الطلبات.',
  'room-closed': 'الطابور مغلق، ولم تعد تُوزَّع فيه أرقام.',
  'room-not-open-yet': 'لم يبدأ توزيع الأرقام في هذا الطابور بعد.',
  'room-bypassed': 'لا انتظار حاليًا، ويمكنك الانتقال إلى الموقع مباشرة.',
  'room-full': 'الطابور ممتلئ، ولا يمكن توزيع أرقام أخرى في الوقت الحالي.',
  'room-changed': 'أجرى شخص آخر تغييرًا على الطابور في الوقت نفسه. يُرجى البدء من جديد.',
  'no-places-left': 'لم تبقَ أماكن متاحة، فقد مُنحت كلها.',
  'ticket-over': 'انتهى استخدام هذا الرقم.',
  'ticket-moved': 'أصبح مكانك الآن على جهاز آخر.',
  'code-used': 'سبق استخدام هذا الرمز. مكانك على الجهاز الذي أُدخل فيه.',
  'not-admitted': 'ليس هذا دورك الآن. مكانك محفوظ.',
  'return-too-late': 'انتهت مهلة العودة إلى الطابور.',
  'extension-refused': 'هذا التمديد غير ممكن. إليك الوقت المتبقي لك.',
  'hand-over-used': 'سبق استخدام هذا الرابط إلى الموقع. يُرجى العودة إلى صفحة الطابور للدخول من جديد.',
  'session-ended': 'انتهى إذن دخولك إلى الموقع.',
  'body-too-large': 'الطلب طويل جدًا ولا يمكن قراءته.',
  'content-type-unsupported': 'الطلب ليس بالصيغة المتوقعة.',
  'rate-limited': 'تصل حاليًا طلبات كثيرة جدًا من شبكتك. الأرقام التي سبق توزيعها تبقى محفوظة.',
  'header-too-large':
    'الطلب طويل جدًا ولا يمكن قراءته. قد يفيد محو ملفات تعريف الارتباط (كوكيز) الخاصة بهذا الموقع.',
  'internal-error': 'حدث خطأ من جانبنا. الأرقام التي سبق توزيعها تبقى محفوظة.',
  'store-unavailable': 'الطابور لا يستجيب في الوقت الحالي. الأرقام التي سبق توزيعها تبقى محفوظة.',
  'service-full':
    'عدد الاتصالات المفتوحة على هذا الخادم كبير جدًا حاليًا. الأرقام التي سبق توزيعها تبقى محفوظة.',
};
