# وحدة تحكم Openline بالعربية.

## Sign in
sign-in = تسجيل الدخول
signing-in = جارٍ الدخول…
sign-in-wrong = البريد الإلكتروني أو كلمة المرور غير صحيحة. تحقق منهما وحاول مجددًا.
sign-in-help = ليس لديك حساب، أو لا تستطيع الدخول؟ اسأل المسؤول.
session-ended = انتهت جلستك. سجّل الدخول مجددًا؛ ما كنت تكتبه محفوظ.
sign-out = خروج
email = البريد الإلكتروني
password = كلمة المرور
password-show = إظهار
language = اللغة

## Frame
offline = لا يوجد اتصال. نصّك محفوظ.
start-failed = تعذّر بدء وحدة التحكم
try-again = حاول مجددًا
no-line = لا يوجد خط مفتوح لك
no-line-do = اطلب من المسؤول أن يمنحك دورًا على خط.
not-here = هذه الصفحة غير موجودة هنا
not-here-do = إما أنها غير موجودة، أو أن أدوارك لا تفتحها.
to-start = إلى البداية
menu = القائمة
menu-main = القائمة الرئيسية
line = الخط
undo = تراجع
undone = تم التراجع.
dismiss = إخفاء
cancel = إلغاء
dialog-close = إغلاق هذه النافذة
loading = جارٍ التحميل…
more = عرض المزيد
refresh = تحديث
commands = الأوامر
pick-narrow = اكتب لتضييق القائمة
pick-none = لا شيء يطابق. اكتب شيئًا آخر.
skip-to-thread = إلى المحادثة

place-inbox = الوارد
place-health = الحالة
place-audit = سجل التدقيق
place-users = المستخدمون
place-you = العرض والمفاتيح

## Queue
views = طرق العرض
view-mine = لي
view-waiting = بانتظار الرد
view-all = الكل
view-urgent = عاجل
view-closed = مغلقة
search = ابحث في هذه القائمة
search-hint = ابحث في هذه القائمة  /
search-none = لا توجد محادثة في هذه القائمة بهذه الكلمات.
search-clear = مسح البحث
conversations = المحادثات
row-waiting = تنتظر منذ
row-last = آخر رسالة
row-unread = غير مقروءة
row-answering = يرد الآن: { $names }
row-snoozed-reply = حتى يرد الشخص
row-you = أنت
no-name = (بلا اسم) { $masked }
no-name-webchat = (بلا اسم) دردشة الويب
empty-mine = ليست لديك محادثات. خذ واحدة من «بانتظار الرد».
empty-waiting = لا أحد ينتظر.
empty-all = لا توجد محادثات بعد. تظهر هنا فور أن يطلب شخص التحدث مع أحد.
empty-urgent = لا شيء عاجل مفتوح لك.
empty-closed = لم تُغلق أي محادثة بعد.
empty-see-all = { $n ->
    [one] عرض المحادثة المفتوحة الوحيدة
    [two] عرض المحادثتين المفتوحتين
   *[other] عرض كل المحادثات المفتوحة ({ $n })
}
age-now = الآن
age-minutes = { $n } د
age-hours = { $n } س
age-days = { $n } ي

## Conversation
conversation = المحادثة
choose-one = اختر محادثة من القائمة.
choose-one-keys = يتنقل j و k في القائمة، ويفتح Enter، ويعرض ? كل المفاتيح.
back-to-list = العودة إلى القائمة
actions = الإجراءات
actions-more = المزيد
take = استلام
take-over = استلام من زميل
assign = إسناد
topic = الموضوع
snooze = تأجيل
refer = إحالة
close = إغلاق
reopen = إعادة فتح
person = الشخص
person-of = الشخص: { $name }
person-close = العودة إلى المحادثة
restricted = لمسؤولي الحماية فقط
head-waiting = تنتظر منذ { $age }
head-mine = معك
head-with = مع { $name }
head-snoozed = مؤجلة حتى { $until }
head-snoozed-reply = مؤجلة حتى يرد الشخص
status-word-waiting = بانتظار الرد
status-word-assigned = قيد المتابعة
status-word-snoozed = مؤجلة
status-word-closed = مغلقة
thread-of = الرسائل مع { $name }
earlier-messages = عرض الرسائل الأقدم
new-messages = رسائل جديدة
bot-part = محادثة آلية حتى { $until } (عدد الرسائل: { $n })
choices = الخيارات المعروضة
author-bot = رد آلي
author-you = أنت
author-staff = أحد الزملاء
note-by = ملاحظة للموظفين فقط — { $who }
use-again = استخدام هذا النص مجددًا

status-queued = بانتظار الإرسال
status-sending = جارٍ الإرسال
status-sent = أُرسلت
status-delivered = وصلت
status-read = قُرئت
status-failed = لم تصل.
status-failed-why = رفضت القناة هذه الرسالة.
status-unknown = لا يُعرف إن كانت قد وصلت.
status-unknown-why = لن تُرسل مجددًا من تلقاء نفسها. اسأل الشخص قبل تكرارها.
status-cancelled = لم تُرسل.
status-cancelled-why = أُلغيت قبل خروجها.
out-sending = جارٍ الإرسال…
out-waiting = بانتظار الاتصال. ستُرسل مرة واحدة.
out-take-back = استعادة النص

event-opened = فُتحت المحادثة
event-handed_over = سُلّمت إلى الموظفين
event-taken = استلام المحادثة: { $who }
event-assigned = إسناد المحادثة: { $who }
event-unassigned = إعادة المحادثة إلى الانتظار: { $who }
event-closed = إغلاق المحادثة: { $who }
event-reopened = إعادة فتح المحادثة: { $who }
event-referred = إحالة عاجلة: { $who }
event-topic = تحديد الموضوع: { $who }
event-snoozed = تأجيل المحادثة: { $who }
event-unsnoozed = عادت المحادثة إلى الانتظار
event-revealed = الاطلاع على رقم مخفي: { $who }
event-triaged = وُجدت كلمة تدل على خطر: { $kind }
event-satisfaction = رأي الشخص في المساعدة: { $category }
event-other = { $who }: { $type }

file-image = صورة
file-audio = رسالة صوتية
file-video = مقطع مصوّر
file-file = ملف
file-show = { $file } – عرض
file-save = { $file } – حفظ
file-not-kept = { $file } (غير متاح)
picture-clear = عرض بوضوح
picture-blur = تمويه

## Writing
reply-or-note = رد أو ملاحظة
reply = رد
note = ملاحظة
send = إرسال
note-add = إضافة الملاحظة
reply-write = اكتب ردًا
reply-hint = اكتب ردًا.  / للردود المحفوظة
note-write = اكتب ملاحظة
note-hint = اكتب ملاحظة لزملائك.
note-only-staff = يراها الموظفون فقط.
saved-replies = الردود المحفوظة
saved-empty = لا توجد ردود محفوظة لهذا الخط.
by-channel = عبر { $channel }
window-open = { $channel }: بقي { $left } للرد الحر
window-closed = { $channel }: انتهى وقت الرد الحر
window-closed-hint = يمكنك الرد حين يكتب الشخص. حتى ذلك الحين اترك ملاحظة لزملائك.
left-minutes = { $minutes } د
left-hours = { $hours } س { $minutes } د
left-days = { $days ->
    [one] يوم واحد
    [two] يومان
    [few] { $days } أيام
   *[other] { $days } يومًا
}
closed-no-reply = هذه المحادثة مغلقة. أعد فتحها للرد.
take-to-reply = استلم هذه المحادثة للرد.
may-not-reply = يمكنك قراءة هذه المحادثة، لكن لا يمكنك الرد.
also-writing = { $n ->
    [one] { $names } يكتب ردًا
   *[other] { $names } يكتبون ردودًا
}
also-reading = { $n ->
    [one] { $names } يقرأ هذه المحادثة أيضًا
   *[other] { $names } يقرؤون هذه المحادثة أيضًا
}
moved-title = توقف وانظر: كتب شخص آخر
moved-explain = وصل هذا بعد أن بدأت الكتابة:
moved-yours = نصّك، لم يُرسل بعد:
moved-back = العودة إلى نصّي
moved-send = إرساله على أي حال

## What was done
did-take = المحادثة لك الآن.
did-assign = أُسندت إلى { $name }.
did-unassign = عادت إلى الانتظار.
did-topic = الموضوع: { $name }.
did-snooze = أُجّلت حتى { $until }.
did-snooze-reply = أُجّلت حتى يرد الشخص.
did-close = أُغلقت.
did-reopen = أُعيد فتحها.
did-refer = أُحيلت. يراها مسؤولو الحماية الآن.

## Dialogs
assign-title = إسناد إلى
assign-me = { $name } (أنت)
assign-nobody = لا أحد
assign-nobody-detail = العودة إلى الانتظار
available = متاح
away = غائب
team-empty = لا يعمل أحد آخر على هذا الخط.
topic-title = موضوع هذه المحادثة
topics-empty = لا توجد مواضيع لهذا الخط.
snooze-title = تأجيل حتى
snooze-explain = تعود في ذلك الوقت، أو فور أن يكتب الشخص.
snooze-reply = أن يرد الشخص
snooze-hour = بعد ساعة
snooze-three = بعد ثلاث ساعات
snooze-tomorrow = صباح الغد
snooze-week = بعد أسبوع
snooze-own = في وقت آخر
snooze-set = تأجيل
refer-title = إحالة عاجلة
refer-explain = تصبح المحادثة عاجلة. بعدها لا يراها إلا مسؤولو الحماية.
refer-kind = ما موضوعها؟
refer-choose = اختر واحدًا
refer-note = ماذا ينبغي أن يعرفوا؟
refer-confirm = إحالة عاجلة
triage-violence = عنف
triage-abuse = إساءة
triage-sexual_violence = عنف جنسي
triage-self_harm = إيذاء النفس
triage-trafficking = اتجار بالبشر
triage-missing_child = طفل مفقود
triage-detention = احتجاز

## Person
language-chosen = مختارة
not-known = غير معروفة
identities = وسائل الاتصال بهذا الشخص
identity-phone = الهاتف
identity-tel = الهاتف
identity-whatsapp = واتساب
identity-bsuid = معرّف واتساب
identity-webchat = دردشة الويب
identity-email = البريد الإلكتروني
show-recorded = إظهار (يُسجَّل)
reveal-title = إظهار الرقم الكامل
reveal-explain = يُسجَّل من نظر ومتى ولماذا. يُخفى الرقم مجددًا بعد وقت قصير.
reveal-reason = لماذا تحتاج إليه؟
reveal-example = مثلًا: معاودة الاتصال، طلب الشخص ذلك
reveal-show = إظهار
consent = الموافقة
consent-given = وافق على الإشعار.
consent-declined = لم يوافق. أجب عن الأسئلة العامة فقط؛ لا يُحفظ أي شيء شخصي.
consent-not_asked = لم يُسأل بعد. لا يُحفظ أي شيء شخصي حتى يوافق.
consent-vital_interest = لا موافقة بعد. حُفظ لأن حياة في خطر.
consent-version = إشعار { $version }
consent-when = { $day }، عبر { $channel }
learnt = ما قاله الشخص للرد الآلي
earlier = محادثات سابقة
earlier-none = هذه هي الأولى.
no-topic = بلا موضوع
channel-whatsapp = واتساب
channel-whatsapp_cloud = واتساب
channel-sms = رسائل قصيرة
channel-twilio = رسائل قصيرة
channel-webchat = دردشة الويب

## Keys
keys = لوحة المفاتيح
keys-explain = تعمل المفاتيح المفردة خارج حقول النص فقط. تعمل المفاتيح مع Ctrl في كل مكان.
keys-on = استخدام المفاتيح المفردة
key-next = المحادثة التالية
key-previous = المحادثة السابقة
key-open = فتح
key-back = رجوع
key-search = البحث في القائمة
key-commands = الأوامر
key-reply = كتابة رد
key-note = كتابة ملاحظة
key-send = إرسال
key-take = استلام المحادثة
key-assign = إسناد
key-topic = تحديد الموضوع
key-snooze = تأجيل حتى يرد الشخص
key-snooze-menu = تأجيل حتى وقت معيّن
key-refer = إحالة عاجلة
key-close = إغلاق المحادثة
key-mine = محادثتي الأولى إلى التاسعة
key-go-inbox = إلى الوارد
key-go-settings = إلى الإعدادات
key-help = عرض هذه المفاتيح

## Settings
language-console = لغة وحدة التحكم
theme = الألوان
theme-system = مثل الجهاز
theme-light = فاتح
theme-dark = داكن
announce = أن يقرأ قارئ الشاشة الرسائل الجديدة

health-explain = هل تدخل الرسائل وتخرج على هذا الخط.
channels = القنوات
channels-none = لا قناة متصلة بعد. صِل واحدة في إعدادات الخادم.
channel-fine = تعمل
channel-trouble = تحتاج إلى نظر
last-in = آخر رسالة واردة
ago = منذ { $age }
never = أبدًا
queued = بانتظار الإرسال
failed-day = فشلت خلال 24 ساعة
unknown-sent = لا يُعرف إن أُرسلت
webhook = Webhook
set-aside = جانبًا
set-aside-explain = ما تعذّر التعامل معه أو قراءته يُحفظ هنا دون عرض محتواه. أعد تشغيله بعد إصلاح السبب.
set-aside-counts = أحداث فشلت: { $events }، طلبات تعذّرت قراءتها: { $raw }
set-aside-none = لا شيء جانبًا.
aside-event = حدث فشل
aside-raw = طلب تعذّرت قراءته
attempts = عدد المحاولات: { $n }
replay = إعادة التشغيل
discard = حذف
did-replay = تُعاد معالجته.
did-discard = حُذف.
discard-title = حذف نهائي؟
discard-explain = يُحذف ما سلّمه المزوّد ولا يمكن استعادته. إن كانت فيه رسالة فقد ضاعت.

audit-explain = من فعل ماذا ومتى. لا يمكن تغيير أي شيء هنا.
audit-none = لم يُسجَّل شيء بعد.
audit-at = متى
audit-actor = من
audit-verb = الفعل
audit-noun = على ماذا
audit-detail = التفاصيل
audit-system = النظام
verb-read = اطلع
verb-reply = رد
verb-note = كتب ملاحظة
verb-assign = أسند
verb-close = أغلق
verb-refer = أحال
verb-reopen = أعاد الفتح
verb-snooze = أجّل
verb-take = استلم
verb-topic = حدد الموضوع
verb-reveal = أظهر الرقم
verb-sign_in = دخل
verb-sign_out = خرج
verb-create = أضاف
verb-change = غيّر
verb-replay = أعاد التشغيل
verb-discard = حذف
noun-conversation = محادثة
noun-session = جلسة
noun-user = مستخدم
noun-person = شخص
noun-contact = شخص
noun-identity = هوية
noun-line = خط

users-explain = من يعمل هنا، وعلى أي خطوط.
user-add = إضافة مستخدم
user-name = الاسم
user-password = كلمة المرور الأولى
user-password-help = { $n } حرفًا على الأقل. أخبره بها شخصيًا أو بالهاتف، لا بالبريد.
roles = الأدوار
role-agent = موظف رد
    .sees = يجيب الناس على هذا الخط
role-line_manager = مدير الخط
    .sees = الانتظار والأوقات والحالة
role-flow_author = كاتب المسارات
    .sees = المسارات واللغات، دون رسائل أي شخص
role-cash_reviewer = مراجع النقد
    .sees = ملفات النقد
role-protection_focal_point = مسؤول الحماية
    .sees = المحادثات العاجلة والمقيّدة
role-data_protection_officer = مسؤول حماية البيانات
    .sees = الموافقات وسجل التدقيق
role-administrator = مسؤول النظام
    .sees = المستخدمون والقنوات والحالة
no-roles = بلا أدوار
every-line = كل الخطوط
user-inactive = موقوف
deactivate = إيقاف
deactivate-name = إيقاف { $name }
deactivate-title = إيقاف { $name }؟
deactivate-explain = يُخرج فورًا ولا يستطيع الدخول. ما فعله يبقى في سجل التدقيق.
activate = تفعيل
activate-name = تفعيل { $name }
did-add-user = يستطيع { $name } الدخول الآن.
did-activate = يستطيع { $name } الدخول مجددًا.
did-deactivate = لم يعد { $name } يستطيع الدخول.

## Failures
fail-connection = تعذّر الوصول إلى الخادم. تحقق من الاتصال وحاول مجددًا.
fail-not-found = هذا غير موجود هنا. إما أنه غير موجود، أو أن أدوارًا أخرى فقط تراه. يمكنك سؤال مدير الخط.
fail-forbidden = أدوارك لا تسمح بذلك. اسأل المسؤول.
fail-signed-out = أنت خارج الجلسة. سجّل الدخول مجددًا.
fail-too-often = محاولات كثيرة. انتظر { $minutes } د وحاول مجددًا.
fail-server = في الخادم مشكلة. لم يضع شيء؛ حاول بعد لحظة.
fail-unknown = حدث خطأ هنا. أعد تحميل الصفحة.
problem-window-closed = انتهى وقت الرد الحر. يمكنك الرد حين يكتب الشخص.
problem-thread-moved-on = كتب شخص آخر في هذه الأثناء.
problem-taken-by-other = هذه المحادثة مع زميل. استلمها منه للرد.
problem-conversation-closed = هذه المحادثة مغلقة. أعد فتحها للرد.
problem-conversation-open = هذه المحادثة مفتوحة أصلًا.
problem-another-open = لهذا الشخص محادثة أخرى مفتوحة. أجب هناك.
problem-person-blocked = طلب هذا الشخص ألا تصله رسائل أخرى. لا يمكنك الرد حتى يكتب مجددًا.
problem-no-address = لا وسيلة للوصول إلى هذا الشخص عبر هذه القناة.
problem-last-administrator = هذا آخر مسؤول نظام. عيّن غيره أولًا.
