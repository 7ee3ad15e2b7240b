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
picture-clear = Show clearly
picture-blur = Blur

## Writing
reply-or-note = Reply or note
reply = Reply
note = Note
send = Send
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
channels-none = No channel is connected yet. Connect one in the server’s configuration.
channel-fine = Works
channel-trouble = Needs a look
last-in = Last message in
ago = { $age } ago
never = never
queued = Waiting to be sent
failed-day = Failed in 24 hours
unknown-sent = Not known whether sent
webhook = Webhook
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
    .sees = users, channels, health
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
