# Openline console, English. Short sentences; say what happened and what to do next.
# Say "person", never "user" or "beneficiary", for somebody who writes to a line.

## Sign in
sign-in = Sign in
signing-in = Signing in…
sign-in-wrong = E-mail or password is wrong. Check both and try again.
sign-in-help = No account yet, or locked out? Ask your administrator.
session-ended = Your session ended. Sign in again; what you were writing is kept.
sign-out = Sign out
email = E-mail
password = Password
password-show = Show
language = Language

## Frame
offline = No connection. Your text is kept.
start-failed = The console cannot start
try-again = Try again
no-line = No line is open to you
no-line-do = Ask your administrator to give you a role on a line.
not-here = This page is not here
not-here-do = It does not exist, or your roles do not open it.
to-start = Go to the start
menu = Menu
menu-main = Main menu
line = Line
undo = Undo
undone = Undone.
dismiss = Dismiss
cancel = Cancel
dialog-close = Close this window
loading = Loading…
more = Show more
refresh = Refresh
commands = Commands
pick-narrow = Type to narrow the list
pick-none = Nothing fits. Type something else.
skip-to-thread = Go to the conversation
available-go = Press to be away: no new conversations
away-back = Press to be available for new conversations
available-now = Available
away-now = Away

place-inbox = Inbox
place-health = Health
place-audit = Audit
place-users = Users
place-you = Display and keys

## Queue
views = Views
view-mine = Mine
view-waiting = Waiting
view-all = All
view-urgent = Urgent
view-closed = Closed
search = Search in this list
search-hint = Search in this list  /
search-none = No conversation in this list has these words.
search-clear = Clear the search
search-so-far = { $n ->
    [one] Searched in one conversation.
   *[other] Searched in { $n } conversations.
}
search-going = Searching further…
search-further = Search in older ones
conversations = Conversations
row-waiting = waiting
row-last = last message
row-unread = unread
row-answering = Answering: { $names }
row-snoozed-reply = until they reply
row-you = You
no-name = (no name) { $masked }
no-name-webchat = (no name) Web chat
empty-mine = You have no conversations. Take one from “Waiting”.
empty-waiting = Nobody is waiting.
empty-all = No conversations yet. They appear here as soon as a person asks for somebody.
empty-urgent = Nothing urgent is open to you.
empty-closed = No conversation has been closed yet.
empty-see-all = { $n ->
    [one] See the one open conversation
   *[other] See all { $n } open conversations
}
age-now = now
age-minutes = { $n } min
age-hours = { $n } h
age-days = { $n } d

## Conversation
conversation = Conversation
choose-one = Choose a conversation from the list.
choose-one-keys = j and k move through the list, Enter opens, ? shows all keys.
back-to-list = Back to the list
actions = Actions
actions-more = More
take = Take
take-over = Take over
assign = Assign
topic = Topic
snooze = Snooze
refer = Refer
close = Close
reopen = Reopen
person = Person
person-of = Person: { $name }
person-close = Back to the conversation
restricted = Only protection focal points
head-waiting = waiting { $age }
head-mine = with you
head-with = with { $name }
head-snoozed = snoozed until { $until }
head-snoozed-reply = snoozed until they reply
status-word-waiting = waiting
status-word-assigned = in progress
status-word-snoozed = snoozed
status-word-closed = closed
thread-of = Messages with { $name }
earlier-messages = Show earlier messages
new-messages = New messages
bot-part = Automatic conversation until { $until } ({ $n } messages)
choices = Choices offered
author-bot = Automatic
author-you = You
author-staff = A colleague
note-by = Note, only staff — { $who }
use-again = Use this text again

status-queued = waiting to be sent
status-sending = sending
status-sent = sent
status-delivered = delivered
status-read = read
status-failed = Not delivered.
status-failed-why = The channel refused this message.
status-unknown = Not known whether it arrived.
status-unknown-why = It is not sent again by itself. Ask the person before you repeat it.
status-cancelled = Not sent.
status-cancelled-why = It was cancelled before it left.
out-sending = Sending…
out-waiting = Waiting for the connection. It will be sent once.
out-take-back = Take the text back

event-opened = The conversation was opened
event-handed_over = Handed over to staff
event-taken = { $who } took the conversation
event-assigned = { $who } assigned the conversation
event-unassigned = { $who } put the conversation back into the queue
event-closed = { $who } closed the conversation
event-reopened = { $who } reopened the conversation
event-referred = { $who } referred the conversation as urgent
event-topic = { $who } set the topic
event-snoozed = { $who } snoozed the conversation
event-unsnoozed = The conversation is back in the queue
event-revealed = { $who } looked at a hidden number
event-triaged = A word of danger was found: { $kind }
event-satisfaction = The person’s answer about the help: { $category }
event-other = { $who }: { $type }

file-image = Photo
file-audio = Voice message
file-video = Video
file-file = File
file-show = { $file } – show
file-save = { $file } – save
file-not-kept = { $file } (not available)
file-waiting = { $file } – being fetched…
file-given-up = { $file } – could not be had
file-again = Try again
file-becomes-as-is = Goes as it is, { $size }
file-becomes-picture = Goes as { $kind }, { $width } × { $height }, { $size }
file-becomes-other = Goes as { $kind }, { $size }
file-becomes-link = { $channel } does not carry it: the person gets a link ({ $size })
file-describe = What is in it (sent with the file; optional)
file-queued = Waits for its turn
file-sending = { $share } sent to the server
file-looked-at = Being prepared for the person’s channel…
file-progress = Progress of { $name }
file-remove = Remove
file-stop = Stop
files-add = Add files
files-of-reply = Files of this reply
files-stuck = A file cannot be sent. Remove it to send the reply.
files-too-many = A reply takes { $n } files at the most.
file-why-unreadable-picture = This server cannot read pictures of this kind, so the place where it was taken cannot be removed. Save it as JPEG.
file-why-no-converter = The person’s channel does not play this kind of sound, and this server cannot convert it. Use MP3 or Ogg.
file-why-damaged = This file is damaged, or is not what its name says.
file-why-too-many-pixels = This picture has too many pixels. Make it smaller first.
file-why-too-large = This file is too large.
file-why-too-slow = It took too long to convert this file.
file-why-on-a-call = A telephone call cannot carry files.
file-why-kind = Files of this kind are not sent to people.
file-why-empty = This file is empty.
problem-file-refused = A file cannot be sent on this person’s channel. Remove it, or choose another one.
problem-too-many-files = Too many files wait in this conversation. Remove some.
picture-clear = Show clearly
picture-blur = Blur

## Writing
reply-or-note = Reply or note
reply = Reply
note = Note
send = Send
reply-left = { $n ->
    [one] 1 more character fits
   *[other] { $n } more characters fit
}
reply-split = Leaves as { $n } messages
note-add = Add note
reply-write = Write a reply
reply-hint = Write a reply.  / for saved replies
note-write = Write a note
note-hint = Write a note for your colleagues.
note-only-staff = Only staff see this.
saved-replies = Saved replies
saved-empty = This line has no saved replies.
by-channel = By { $channel }
window-open = { $channel }: { $left } left to answer freely
window-closed = { $channel }: the time to answer freely is over
window-closed-hint = You can answer again when the person writes. Until then, leave a note for your colleagues.
left-minutes = { $minutes } min
left-hours = { $hours } h { $minutes } min
left-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
closed-no-reply = This conversation is closed. Reopen it to answer.
take-to-reply = Take this conversation to answer.
may-not-reply = You can read this conversation, but not answer it.
also-writing = { $n ->
    [one] { $names } is writing an answer
   *[other] { $names } are writing answers
}
also-reading = { $n ->
    [one] { $names } is also reading this conversation
   *[other] { $names } are also reading this conversation
}
moved-title = Stop and look: somebody else wrote
moved-explain = This came after you began to write:
moved-yours = Your text, not sent yet:
moved-back = Go back to my text
moved-send = Send it anyway

## What was done
did-take = The conversation is yours.
did-assign = Assigned to { $name }.
did-unassign = Back in the queue.
did-topic = Topic: { $name }.
did-snooze = Snoozed until { $until }.
did-snooze-reply = Snoozed until the person replies.
did-close = Closed.
did-reopen = Reopened.
did-refer = Referred. Protection focal points see it now.

## Dialogs
assign-title = Assign to
assign-me = { $name } (you)
assign-nobody = Nobody
assign-nobody-detail = Back into the queue
available = available
away = away
team-empty = Nobody else works on this line.
topic-title = Topic of this conversation
topics-empty = This line has no topics.
snooze-title = Snooze until
snooze-explain = It comes back at that time, or at once when the person writes.
snooze-reply = The person replies
snooze-hour = In one hour
snooze-three = In three hours
snooze-tomorrow = Tomorrow morning
snooze-week = In one week
snooze-own = At another time
snooze-set = Snooze
refer-title = Refer urgently
refer-explain = The conversation becomes urgent. From then on only protection focal points see it.
refer-kind = What is it about?
refer-choose = Choose one
refer-note = What should they know?
refer-confirm = Refer urgently
triage-violence = Violence
triage-abuse = Abuse
triage-sexual_violence = Sexual violence
triage-self_harm = Self-harm
triage-trafficking = Trafficking
triage-missing_child = Missing child
triage-detention = Detention

## Person
language-chosen = chosen
not-known = not known
identities = Ways to reach this person
identity-phone = Phone
identity-tel = Phone
identity-whatsapp = WhatsApp
identity-bsuid = WhatsApp id
identity-webchat = Web chat
identity-email = E-mail
show-recorded = Show (recorded)
reveal-title = Show the full number
reveal-explain = Who looked, when and why goes into the audit. It is hidden again after a short time.
reveal-reason = Why do you need it?
reveal-example = For example: call back, the person asked for it
reveal-show = Show
consent = Consent
consent-given = Agreed to the notice.
consent-declined = Did not agree. Answer general questions only; nothing personal is kept.
consent-not_asked = Not asked yet. Nothing personal is kept until the person agrees.
consent-vital_interest = No consent yet. Kept because a life is in danger.
consent-version = Notice of { $version }
consent-when = { $day }, by { $channel }
learnt = What the person told the automatic part
earlier = Earlier conversations
earlier-none = This is the first one.
no-topic = no topic
channel-whatsapp = WhatsApp
channel-whatsapp_cloud = WhatsApp
channel-sms = SMS
channel-voice = Telephone
channel-telegram = Telegram
channel-viber = Viber
channel-messenger = Messenger
channel-instagram = Instagram
channel-line = LINE
channel-wechat = WeChat
channel-slack = Slack
channel-other = Other
channel-twilio = SMS
channel-webchat = Web chat

## Keys
keys = Keyboard
keys-explain = Single keys act outside text fields only. Keys with Ctrl act everywhere.
keys-on = Use single keys
key-next = Next conversation
key-previous = Previous conversation
key-open = Open
key-back = Back
key-search = Search in the list
key-commands = Commands
key-reply = Write a reply
key-note = Write a note
key-send = Send
key-take = Take the conversation
key-assign = Assign
key-topic = Set the topic
key-snooze = Snooze until the person replies
key-snooze-menu = Snooze until a time
key-refer = Refer urgently
key-close = Close the conversation
key-mine = My first to ninth conversation
key-go-inbox = Go to the inbox
key-go-settings = Go to the settings
key-help = Show these keys

## Settings
language-console = Language of the console
theme = Colours
theme-system = As the device
theme-light = Light
theme-dark = Dark
announce = Let the screen reader say new messages

health-explain = Whether messages come in and go out on this line.
channels = Channels
channels-none = No channel is connected yet. Add one under “Channels”.
channel-fine = Works
channel-trouble = Needs a look
device = Telephone
edited = changed by the person
before-edit = Before the change
last-in = Last message in
ago = { $age } ago
never = never
queued = Waiting to be sent
failed-day = Failed in 24 hours
unknown-sent = Not known whether sent
webhook = Webhook
flows-stopped = Flows stopped by a limit in 24 hours: { $n }. Flow authors see which, and what to do.
set-aside = Set aside
set-aside-explain = What could not be handled or read is kept here without its content on screen. Replay it after the cause is mended.
set-aside-counts = { $events } events that failed, { $raw } requests that could not be read
set-aside-none = Nothing is set aside.
aside-event = Event that failed
aside-raw = Request that could not be read
attempts = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
}
replay = Replay
discard = Discard
did-replay = It is being handled again.
did-discard = Discarded.
discard-title = Discard for good?
discard-explain = What the provider delivered is deleted and cannot be brought back. A message inside it is lost.

audit-explain = Who did what, and when. Nothing here can be changed.
audit-none = Nothing has been recorded yet.
audit-at = When
audit-actor = Who
audit-verb = Did
audit-noun = To what
audit-detail = Detail
audit-system = The system
verb-read = looked at
verb-reply = answered
verb-note = wrote a note
verb-assign = assigned
verb-close = closed
verb-refer = referred
verb-reopen = reopened
verb-snooze = snoozed
verb-take = took
verb-topic = set the topic
verb-reveal = showed the number
verb-sign_in = signed in
verb-sign_out = signed out
verb-create = added
verb-change = changed
verb-replay = replayed
verb-discard = discarded
noun-conversation = conversation
noun-session = session
noun-user = user
noun-person = person
noun-contact = person
noun-identity = identity
noun-line = line

users-explain = Who works here, and on which lines.
user-add = Add a user
user-name = Name
user-password = First password
user-password-help = At least { $n } characters. Tell them in person or by phone, not by e-mail.
roles = Roles
role-agent = Agent
    .sees = answers people on this line
role-line_manager = Line manager
    .sees = queue, waiting times, health
role-flow_author = Flow author
    .sees = flows and languages, no person’s messages
role-cash_reviewer = Cash reviewer
    .sees = cash cases
role-protection_focal_point = Protection focal point
    .sees = urgent and restricted conversations
role-data_protection_officer = Data protection officer
    .sees = consents and audit
role-administrator = Administrator
    .sees = users, channels, flows, health
roles-edit = Roles
roles-edit-name = Change the roles of { $name }
roles-of = Roles of { $name }
roles-explain = A change holds from the next click. It is recorded in the audit.
roles-save = Save the roles
did-roles = The roles of { $name } are changed.
no-roles = No roles
every-line = every line
user-inactive = Deactivated
deactivate = Deactivate
deactivate-name = Deactivate { $name }
deactivate-title = Deactivate { $name }?
deactivate-explain = They are signed out at once and cannot sign in. What they did stays in the audit.
activate = Activate
activate-name = Activate { $name }
did-add-user = { $name } can sign in now.
did-activate = { $name } can sign in again.
did-deactivate = { $name } can no longer sign in.

## Flows
place-flows = Flows
key-go-flows = Go to the flows
flows-pages = Pages of the flows
flows-list = Flows
flows-draft = Draft
flows-tests = Saved conversations
flows-simulator = Simulator
flows-tab-list = Published
flows-tab-draft = Draft
flows-tab-tests = Saved conversations
flows-tab-simulator = Simulator
flows-published = Published flows
flows-none = No flow is published yet. Import an export of RapidPro or TextIt.
flows-version = Version { $version }, { $n ->
    [one] { $n } flow
   *[other] { $n } flows
}
flows-find = Find a flow
flow-gone = A flow that is gone
flow-nodes = { $n ->
    [one] { $n } step
   *[other] { $n } steps
}
flow-problems = { $n ->
    [one] { $n } problem
   *[other] { $n } problems
}
flow-try = Try
flow-type-messaging = Messages
flow-type-messaging_background = In the background
flow-type-messaging_offline = Offline
flow-type-voice = Voice

stopped-title = { $n ->
    [one] A limit stopped a flow once
   *[other] Limits stopped flows { $n } times
}
stopped-explain = The person got no more answers from this flow. Mend the flow and import it again.
trouble-title = { $n ->
    [one] One problem while flows ran
   *[other] { $n } problems while flows ran
}
trouble-when = { $n ->
    [one] once, { $age } ago
   *[other] { $n } times, last { $age } ago
}
trouble-try = Try this flow
limit-steps = What to do: the flow takes too many steps before it waits for the person; perhaps it goes round without asking. Put a question into it, or a way out.
limit-calls = What to do: the flow asks other services too often before it waits for the person. Ask once and keep the answer.
limit-sprints = What to do: the talk has too many questions. Split the flow, and let it end.
limit-runs = What to do: the flow starts too many other flows. Look for flows that start each other.
limit-other = What to do: try the flow in the simulator, find the place, and mend it.

import-title = Import from RapidPro or TextIt
import-explain = Choose an export file (JSON). It becomes a draft: nobody who writes to the line notices anything until you publish it.
import-replaces = There is a draft already. An import replaces it.
import-choose = Choose a file
import-started = The file is being sent.
import-sending = Sending { $file }: { $percent } % of { $size }
import-reading = The file has arrived. It is being read…
import-stop = Stop
did-import = Imported as a draft.

draft-waits = A draft waits
draft-look = Look at the draft
draft-made = imported by { $who }, { $at }
draft-counts = { $added } new, { $changed } changed, { $same } as before.
draft-errors = { $n ->
    [one] { $n } error
   *[other] { $n } errors
}
draft-none = There is no draft. Import a file first.
draft-try = Try in the simulator
draft-discard = Discard the draft
draft-discard-title = Discard the draft?
draft-discard-explain = What was imported is deleted. The published flows stay as they are.
did-discard-draft = The draft is gone.
change-new = new
change-changed = changed
change-same = as before
changes-title = What changes
changes-all = All changes
changes-new = New
changes-changed = Changed
changes-same = As before
changes-none = Nothing here.
check-errors = { $n ->
    [one] One error blocks publishing. Mend it in the editor and import again.
   *[other] { $n } errors block publishing. Mend them in the editor and import again.
}
check-no-errors = No errors in the flows.
check-warnings = { $n ->
    [one] { $n } warning
   *[other] { $n } warnings
}
check-not-run = Saved conversations have not been played on this draft. They are played when you publish.
check-no-tests = No saved conversations yet. Keep one in the simulator.
check-red = { $red } of { $all } saved conversations are red and block publishing.
check-green = { $n ->
    [one] The saved conversation is green.
   *[other] All { $n } saved conversations are green.
}
check-report = The import: { $missing } missing, { $differs } that go otherwise here.
run-tests = Play them now
testing = Playing…
problems-title = What the check found
problems-of-none = The line as a whole
problem-node = Node
problem-field = Field
severity-error = Error
severity-warning = Warning
red-title = Red conversations

outlook-title = On your channels
outlook-wait = Looking at each message on each channel …
outlook-plain = { $n ->
    [one] { $n } message, as it is written
   *[other] { $n } messages, all as they are written
}
outlook-some = { $some } of { $n } messages take several SMS or are shown otherwise
outlook-varies = with what comes in place of its expressions it can be longer or shorter
outlook-more = { $n } more; the dearest are shown.
outlook-none = No channel of this line is switched on.
report-title = Report of the import
report-taken = Taken
report-missing = Missing
report-differs = Differs
report-taken-explain = This is in the draft now.
report-missing-explain = The flows name this, but the line does not have it. What to do stands beside it.
report-differs-explain = This goes otherwise here than in RapidPro.
report-taken-none = Nothing was taken.
report-missing-none = Nothing is missing.
report-differs-none = Nothing goes otherwise.
report-kind = Show
report-every-kind = Everything
report-in = in
report-all = Show all { $n }
kind-flow = Flow
kind-group = Group
kind-field = Field
kind-global = Global
kind-label = Label
kind-trigger = Trigger
kind-campaign = Campaign
kind-template = Template
kind-channel = Channel
kind-topic = Topic
kind-user = Staff member
kind-classifier = Classifier
kind-llm = Language model
kind-optin = Opt-in
kind-version = Version
kind-webhook = Web call
kind-resthook = Resthook
kind-airtime = Airtime
kind-voice = Voice
kind-date = Dates
kind-environment = Settings
kind-language = Language
kind-attachment = File
kind-schedule = Schedule
kind-line = The line
kind-consent = Consent
kind-surveyor = Surveyor

publish = Publish
publishing = Publishing…
publish-title = Publish on { $line }?
publish-what = { $added } new and { $changed } changed flows go live.
publish-explain = All saved conversations are played first; a red one stops it. Whoever writes from then on meets the new flows.
publish-missing = { $n ->
    [one] One thing is still missing on this line. See the report.
   *[other] { $n } things are still missing on this line. See the report.
}
did-publish = Version { $version } is live.
blocked = Not published.
blocked-red-tests = Saved conversations came otherwise than expected. Mend the flow, or delete the conversation when it no longer holds.
blocked-errors = The flows have errors. Mend them in the editor and import again.
blocked-changed-meanwhile = Somebody else published in the meantime. Look at what changes now, then publish again.

## Simulator
sim-setup = Flow, person and channel
sim-source = Which flows
source-draft = Draft
source-published = Published
sim-flow = Flow
sim-choose-flow = Choose a flow
sim-choose = Choose a flow to talk to. Nothing is sent to anybody.
sim-gone = This flow is not here. Choose another one.
sim-look = As on
sim-person = The person
sim-no-language = not known
sim-field = Field { $n }
sim-field-key = Field
sim-field-value = Value
sim-field-add = Add a field
sim-field-remove = Remove this field
sim-person-explain = After a change the talk is played again from the beginning.
sim-talk = Talk with the flow
sim-restart = Start again
sim-undo = Take the last step back
sim-keep = Keep as a test
sim-notes = Show notes for the author
sim-silent = The flow has said nothing.
sim-person-says = The person:
sim-line-says = The line:
sim-list = { $n ->
    [one] List with { $n } choice
   *[other] List with { $n } choices
}
sim-segments = { $n } SMS, { $characters ->
    [one] { $characters } character
   *[other] { $characters } characters
}
sim-sms-count = { $n } SMS to the person so far
sim-refused = Step { $step } cannot be taken here.
sim-ended = The flow is over.
sim-full = A talk has at most { $n } steps. Start again.
sim-dial = The flow calls another phone. The simulator does not play this.
sim-write = Write as the person
sim-file = Send a file
sim-file-kind = What the person sends
sim-file-image = A picture
sim-file-audio = A voice message
sim-file-video = A video
sim-file-pdf = A document (PDF)
sim-place = Latitude and longitude
sim-place-help = Two numbers, for example -0.1807, -78.4678
sim-timeout = Says nothing until the time is over ({ $minutes } min)
sim-expiration = Says nothing until the flow ends
file-geo = Place
call-title = The flow asks another service. What does it answer?
call-explain = Nothing leaves the simulator: you answer by hand.
call-other = The simulator cannot play this service. It can only fail.
call-webhook = It answers
call-llm = It answers
call-email = The e-mail is sent
call-airtime = The airtime is sent
call-fails = It fails
call-why = Why it fails
call-status = Status
call-body = Answer (JSON or text)
call-words = What the model says
call-answer = Go on
knows-title = What the flow knows
knows-groups = Groups
knows-results = Results
knows-no-results = None yet.
keep = Keep
keep-explain = It is played at every publishing. If the flow then answers otherwise, publishing stops.
keep-name = Name
keep-example = For example: { $flow }, everything goes well
did-keep = Kept: { $name }
note-result = Result
note-field = Field
note-group = Group
note-name = Name
note-language = Language
note-wait = Waiting
note-left_out = Left out here
note-hand_over = Hand-over
note-flow = Flow
note-error = Error
note-stopped = Stopped
note-unheard = Not taken
note-call = Call
note-line = From the line
note-warning = Warning
feature-text = Text
feature-quick_replies = Choices
feature-location_request = Question for the place
feature-form = Form
feature-link = Link
feature-media = File
feature-caption = Caption
feature-voice = Voice

## Saved conversations
saved-explain = What a person says, and what she should hear. They are played at every publishing; a red one blocks it.
saved-list = { $n ->
    [one] One saved conversation
   *[other] { $n } saved conversations
}
saved-none = None yet. Talk to a flow in the simulator, then choose “Keep as a test”.
saved-steps = { $n ->
    [one] { $n } step
   *[other] { $n } steps
}
saved-add = Add from a file
saved-not-json = This file is not JSON. Choose a saved conversation.
saved-delete = Delete
saved-delete-name = Delete { $name }
saved-delete-title = Delete this conversation?
saved-delete-explain = It no longer guards publishing. This cannot be taken back.
did-delete-saved = Deleted.
did-add-saved = Added.
run-on-draft = Play all on the draft
run-on-published = Play all on what is published
run-no-draft = Conversations are played on a draft. Import one first.
run-counts = { $green } green, { $red } red
run-red-draft = Red conversations block publishing.
run-red-published = What is live answers otherwise than these expect.
lamp-green = green
lamp-red = red
lamp-none = not played
mismatch-step = At step { $step }
mismatch-start = It could not begin.
side-expected = Expected
side-came = Came
side-nothing = nothing

## Channels
place-channels = Channels
channels-explain = The ways by which people reach this line, and how it answers them.
channels-empty = No channel is set up yet. An administrator can add one.
channels-empty-add = No channel is set up yet. Add one; until then nobody can write to this line.
channel-add = Add a channel
channel-choose = Which provider?
channel-address = Address
channel-state-on = On
channel-state-paused = Paused
channel-state-stopped = Stopped
channel-stopped-do = Nothing goes out by this channel. Mend the cause, test it, then switch it on. What is queued waits.
channel-paused-explain = Messages come in, but what goes out waits until it is switched on.
channel-test = Test
channel-asking = Asking the provider…
channel-no-answers = This provider cannot be asked. Write to the channel to try it.
channel-settings = Settings
channel-settings-of = Settings: { $name }
channel-delivery = Delivery
channel-pause = Pause
channel-switch-on = Switch on
channel-calls = Provider’s calls
channel-save = Save
channel-saving = Saving…
channel-save-starts = Saving switches the channel on again.
did-add-channel = The channel is made. The provider is asked whether it works.
did-change-channel = Saved.
did-switch-on = { $name } is on.
did-pause = { $name } is paused.
webhook-title = Webhook: where the provider must call
webhook-explain = Copy this to the provider’s site, so that messages of people arrive here.
webhook-register-explain = The provider can be told by a press. Or copy the address to its site.
webhook-address = Webhook address
webhook-register = Tell the provider
verify-token = Verify token
copy = Copy
copied = Copied
copy-what = Copy: { $what }
about-account = Account
about-balance = Balance
about-webhook = Webhook
answer-quality = Standing of the number
failed-of = { $n } of { $all } ({ $rate })
account-asked = The provider was asked { $ago }
templates-held = { $n ->
    [one] A provider holds a template back; sendings that need it wait.
   *[other] Providers hold { $n } templates back; sendings that need them wait.
}
answer-calls = The provider calls
answer-nobody = nobody yet
secret-set = set; leave empty to keep it
field-usual = as usual
field-yes = yes
field-no = no
field-list = One on each line.
field-table = “Name: value” on each line.
field-unless = Not needed when one of these is filled in: { $others }.
field-missing = Fill this in.
field-remove = Remove { $key }
field-more = More settings ({ $n })
calls-explain = The newest calls of the provider, without what they held. What was set aside can be replayed under “Health”.
calls-none = The provider has not called yet. Check the webhook.
calls-state = State
calls-attempts = Attempts
call-state-waiting = waiting
call-state-handled = handled
call-state-set_aside = set aside
call-state-discarded = discarded
call-state-unreadable = unreadable
delivery-of = How { $name } delivers
fail-over = When it cannot deliver
fail-over-explain = The message goes on to these channels, one after the other, if the person can be reached there.
fail-over-to = When it cannot deliver, on to:
fail-over-add = Add a channel
fail-over-up = Move { $name } up
fail-over-remove = Take { $name } out
fail-over-after = Go on when not delivered after (minutes)
fail-over-after-help = Empty: only what is refused goes on.
unknown-title = When nobody knows whether it was sent
unknown-explain = The provider’s answer was lost, and it cannot tell.
unknown-wait = Leave it, and show it to staff: better missing than twice.
unknown-resend = Send it again: better twice than missing.
unknown-after = After (minutes)
per-second = Most messages a second
per-second-help = Empty: what the provider is known to take. 0: no limit.

## Messages to many
place-prices = Prices
prices-explain = What sending costs. Staff see it before they send a reply, and flow authors in the simulator; nothing is held back because of it. Of the rows that fit, a provider's come before a kind of channel's, then the longest beginning of the number, then the newest day that has come.
prices-none = No prices yet: nobody is told what a message costs.
prices-save = Save prices
prices-together = Somebody else has changed the prices in the meantime. Their rows are shown now together with what you changed: look them through, then save.
prices-unsaved = Not saved yet.
did-save-prices = Prices saved
price-channel = Channel or provider
price-to = Numbers that begin with
price-everywhere = everywhere
price-unit = For each
price-price = Price
price-currency = Currency
price-valid_from = Valid from
price-add = Add a price
price-remove = Remove
price-remove-row = Remove price { $n }
sim-costs = costs { $sums }
place-sendings = Sendings
sendings-explain = Messages to many people: how far they are. A paused one sends nothing until it goes on.
sendings-none = Nothing has been sent to many yet.
sending-running = running
sending-paused = paused
sending-ended = ended
sending-counts = { $people } people: { $sent } sent, { $failed } failed, { $left } left out
sending-progress = How far: { $name }
sending-reason = It was paused by itself:
sending-resume = Go on
sending-pause-name = Pause { $name }
sending-resume-name = Go on with { $name }
did-pause-sending = { $name } is paused.
did-resume-sending = { $name } goes on.
templates-title = Templates that do not go out
templates-explain = The provider holds these back. Mend them there, or use another; sendings that need them wait.

## Failures
fail-connection = The server cannot be reached. Check the connection and try again.
fail-not-found = This is not here. It does not exist, or only other roles see it. You can ask your line manager.
fail-forbidden = Your roles do not allow this. Ask your administrator.
fail-signed-out = You are signed out. Sign in again.
fail-too-often = Too many tries. Wait { $minutes } min and try again.
fail-server = The server has a problem. Nothing was lost; try again in a moment.
fail-unknown = Something went wrong here. Load the page again.
problem-window-closed = The time to answer freely is over. You can answer again when the person writes.
problem-thread-moved-on = Somebody else wrote in the meantime.
problem-taken-by-other = A colleague has this conversation. Take it over to answer.
problem-conversation-closed = This conversation is closed. Reopen it to answer.
problem-conversation-open = This conversation is open already.
problem-another-open = This person has another open conversation. Answer there.
problem-person-blocked = This person has asked for no more messages. You cannot answer until they write again.
problem-no-address = There is no way to reach this person on this channel.
problem-last-administrator = This is the last administrator. Make somebody else one first.
problem-too-large = This file is larger than 16 MB. Export fewer flows at once.
problem-not-an-export = This file is no export of RapidPro or TextIt that can be read. Export again, and choose the JSON file.
problem-no-draft = There is no draft any more. Somebody published or discarded it.
problem-name-taken = A saved conversation has this name already. Choose another one.
problem-step-refused = This step cannot be taken here.
problem-address-taken = This line has a channel with this address already. Change that one.
problem-not-here = This provider must be told at its own site. Copy the webhook address there.
problem-not-paused = It is running already.
problem-not-running = It is not running.
