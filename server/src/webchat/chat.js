(function () {
  'use strict';
  // Without this script the page is a plain form. Old engines and Opera Mini, which stops scripts, keep that form.
  var d = document, w = window, b = d.body, f = d.getElementById('f'), leaving = d.getElementById('x');
  if (!b.addEventListener || !w.XMLHttpRequest || !w.JSON || w.operamini) return;
  var base = leaving.getAttribute('data-base'), out = leaving.getAttribute('data-out');
  var key = 'chat-unsent ' + base, queue = [], stream = null, asking = 0, left = false, escapes = [];

  // Leaving: nothing stays on the screen or in the browser, and Back does not lead here again.
  function leave(e) {
    if (e) e.preventDefault();
    queue = [];
    left = true;
    d.documentElement.style.display = 'none';
    b.textContent = '';
    d.title = '';
    if (stream) stream.close();
    w.clearTimeout(asking);
    try { w.localStorage.removeItem(key); } catch (ignore) { queue = []; }
    var gone = false;
    try { gone = !!navigator.sendBeacon && navigator.sendBeacon(base + '/leave'); } catch (ignore) { gone = false; }
    if (!gone) {
      try { var x = new XMLHttpRequest(); x.open('POST', base + '/leave', false); x.send(); } catch (ignore) { gone = false; }
    }
    w.location.replace(out);
  }
  leaving.addEventListener('submit', leave);
  d.addEventListener('keydown', function (e) {
    if (e.keyCode !== 27) { escapes = []; return; }
    var now = Date.now();
    escapes.push(now);
    escapes = escapes.slice(-3);
    if (escapes.length === 3 && now - escapes[0] < 5000) leave();
  });

  if (!f) return;

  var list = d.getElementById('ms'), choices = d.getElementById('q'), box = d.getElementById('t');
  var status = d.getElementById('s'), lang = f.getAttribute('data-lang'), shown = f.getAttribute('data-page');
  var after = f.getAttribute('data-after'), tag = f.getAttribute('data-tag');
  var word = JSON.parse(f.getAttribute('data-words'));
  var sending = false, again = 1, timer = 0, failures = 0, pause = 15;

  // A player takes the link's place when it is tapped; nothing is loaded before.
  list.addEventListener('click', function (e) {
    var a = e.target;
    if (a.className !== 'a' || !/^audio\//.test(a.getAttribute('data-type'))) return;
    var player = d.createElement('audio');
    if (!player.canPlayType || !player.canPlayType(a.getAttribute('data-type'))) return;
    e.preventDefault();
    player.controls = true;
    player.src = a.href;
    a.parentNode.replaceChild(player, a);
    player.play();
    player.focus();
  });
  if (f.getAttribute('data-live') !== '1') return;
  d.documentElement.className = 'js';

  // Unsent texts: they wait in the browser, marked with their session, and nowhere after they are sent. On a
  // shared phone a text of another session, or an old one, is thrown away and not sent.
  function save() {
    try {
      if (queue.length) w.localStorage.setItem(key, JSON.stringify({ tag: tag, at: Date.now(), queue: queue }));
      else w.localStorage.removeItem(key);
    } catch (ignore) { return; }
  }
  function load() {
    try {
      var kept = JSON.parse(w.localStorage.getItem(key) || 'null');
      if (kept && kept.tag === tag && Date.now() - kept.at < 3600000) queue = kept.queue;
    } catch (ignore) { queue = []; }
    if (!queue.length) save();
  }

  function url(path, query) {
    return base + path + '?' + (lang ? 'lang=' + lang + '&' : '') + query;
  }
  function id() {
    var text = '', i, bytes;
    if (w.crypto && w.crypto.getRandomValues) {
      bytes = w.crypto.getRandomValues(new Uint8Array(16));
      for (i = 0; i < 16; i++) text += (256 + bytes[i]).toString(16).slice(1);
      return text;
    }
    return Date.now().toString(16) + Math.random().toString(16).slice(2);
  }
  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }
  function nearEnd() {
    return d.documentElement.scrollHeight - w.pageYOffset - w.innerHeight < w.innerHeight;
  }

  function bubble(m) {
    var li = d.createElement('li'), div = d.createElement('div'), p = d.createElement('p'), s = d.createElement('small');
    li.className = 'm y';
    li.id = 'o-' + m.id;
    div.className = 'b';
    p.dir = 'auto';
    p.textContent = m.label || m.text;
    s.textContent = word.sending;
    div.appendChild(p);
    li.appendChild(div);
    li.appendChild(s);
    var greeting = d.getElementById('g');
    if (greeting) greeting.parentNode.removeChild(greeting);
    list.appendChild(li);
    return li;
  }
  function mark(m, text) {
    var li = d.getElementById('o-' + m.id);
    if (li) li.lastChild.textContent = text;
  }
  function send(text, choice, label) {
    var m = { id: id(), text: text, choice: choice, label: label };
    queue.push(m);
    save();
    bubble(m).scrollIntoView();
    choices.innerHTML = '';
    flush();
  }
  function later() {
    sending = false;
    if (left) return;
    say(word.waiting);
    queue.forEach(function (m) { mark(m, word.waiting); });
    timer = w.setTimeout(flush, again * 1000);
    again = Math.min(again * 2, 60);
  }
  function drop(m) {
    queue = queue.filter(function (other) { return other.id !== m.id; });
    save();
  }
  function flush() {
    if (sending || left || !queue.length) return;
    w.clearTimeout(timer);
    sending = true;
    var m = queue[0], x = new XMLHttpRequest();
    x.open('POST', url('', ''));
    x.timeout = 45000;
    x.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    x.setRequestHeader('X-Chat', '1');
    x.onload = function () {
      sending = false;
      if (left) return;
      if (x.status === 202) {
        tag = x.responseText;
        drop(m);
        mark(m, word.sent);
        again = 1;
        pause = 15;
        say('');
        listen();
        if (!stream) ask(2);
        flush();
      } else if (x.status === 429) {
        later();
        say(word.too_fast);
      } else if (x.status >= 500) {
        later();
      } else {
        drop(m);
        mark(m, word.not_sent);
        if (!m.choice && !box.value) box.value = m.text;
        say(x.status === 413 ? word.too_long : word.failed);
        flush();
      }
    };
    x.onerror = x.ontimeout = later;
    x.send('id=' + encodeURIComponent(m.id) + (m.choice ? '&choice=' + encodeURIComponent(m.choice) : '&text=' + encodeURIComponent(m.text)));
  }

  function receive(news) {
    var i, item, end = nearEnd(), first = null;
    // The person has told the line another language: the page follows, unless something would be lost.
    if (news.lang !== shown && !box.value && !queue.length) { w.location.reload(); return; }
    for (i = 0; i < news.items.length; i++) {
      item = news.items[i];
      if (!d.getElementById('m-' + item.id)) {
        list.insertAdjacentHTML('beforeend', item.html);
        first = first || list.lastChild;
      }
      if (item.id > after) after = item.id;
    }
    choices.innerHTML = news.choices;
    if (first && end) first.scrollIntoView();
  }
  function close() {
    if (stream) stream.close();
    stream = null;
    w.clearTimeout(asking);
  }
  function listen() {
    if (stream || !tag || d.hidden || left) return;
    if (!w.EventSource || failures > 3) { ask(pause); return; }
    stream = new w.EventSource(url('/events', 'after=' + after));
    stream.onopen = function () { failures = 0; w.clearTimeout(asking); };
    stream.onmessage = function (e) { failures = 0; receive(JSON.parse(e.data)); };
    stream.onerror = function () {
      failures++;
      if (!stream || (stream.readyState !== 2 && failures <= 3)) return;
      close();
      failures = 9;
      ask(pause);
    };
  }
  function ask(seconds) {
    w.clearTimeout(asking);
    if (left || d.hidden || !tag) return;
    asking = w.setTimeout(function () {
      var x = new XMLHttpRequest();
      x.open('GET', url('/messages', 'after=' + after));
      x.timeout = 45000;
      x.onload = function () {
        if (left || stream) return;
        pause = x.status === 200 ? 15 : Math.min(pause * 1.5, 120);
        if (x.status === 200) receive(JSON.parse(x.responseText));
        ask(pause);
      };
      x.onerror = x.ontimeout = function () { pause = Math.min(pause * 2, 120); ask(pause); };
      x.send();
    }, seconds * 1000);
  }

  f.addEventListener('submit', function (e) {
    e.preventDefault();
    var text = box.value.replace(/^\s+|\s+$/g, '');
    if (text) { box.value = ''; send(text, '', ''); }
    box.focus();
  });
  choices.addEventListener('click', function (e) {
    var t = e.target;
    while (t && t !== choices && t.tagName !== 'BUTTON') t = t.parentNode;
    if (!t || t.tagName !== 'BUTTON') return;
    e.preventDefault();
    send('', t.value, t.firstChild.textContent);
    box.focus();
  });
  d.addEventListener('visibilitychange', function () {
    if (d.hidden) close();
    else { failures = 0; pause = 15; listen(); flush(); }
  });
  w.addEventListener('online', function () { again = 1; flush(); });
  // A page that comes back from the browser's memory may be old, or of a person who has left.
  w.addEventListener('pageshow', function (e) { if (e.persisted) w.location.reload(); });
  load();
  queue.forEach(bubble);
  flush();
  listen();
}());
