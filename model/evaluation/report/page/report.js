/** Plays the picture of a clip with the sound that is chosen, and shows where it is. Runs in the report's page. */

/** Distance from the window at which pictures and videos are loaded. */
const NEAR = '600px';
/** Seconds by which picture and sound may differ before the picture jumps, and before its speed is changed. */
const JUMP = 0.25;
const DRIFT = 0.012;

const urls = new Map();

/** The URL of a file that is in the page (`#name`) or beside it. */
function urlOf(source) {
  if (!source.startsWith('#')) return source;
  if (!urls.has(source)) {
    const holder = document.getElementById(source.slice(1));
    const bytes = Uint8Array.from(atob(holder.textContent), (character) => character.charCodeAt(0));
    urls.set(source, URL.createObjectURL(new Blob([bytes], { type: holder.dataset.type })));
  }
  return urls.get(source);
}

let playing = null;

class Player {
  #card;
  #audio;
  #video;
  #position;
  #output;
  #seconds;

  constructor(card) {
    this.#card = card;
    this.#audio = card.querySelector('audio');
    this.#video = card.querySelector('video');
    this.#position = card.querySelector('input[type=range]');
    this.#output = card.querySelector('output');
    this.#seconds = Number(card.dataset.seconds);
    if (this.#audio) this.#listen();
  }

  /** Loads what is shown before anything plays. */
  load() {
    if (this.#video && !this.#video.src) this.#video.src = urlOf(this.#video.dataset.source);
    for (const image of this.#card.querySelectorAll('img[data-source]')) image.src = urlOf(image.dataset.source);
  }

  pause() {
    this.#audio.pause();
  }

  #listen() {
    const card = this.#card;
    const audio = this.#audio;
    for (const button of card.querySelectorAll('.lane button')) {
      button.addEventListener('click', () => this.#press(button));
    }
    card.querySelector('.play').addEventListener('click', () => this.#toggle());
    this.#video?.addEventListener('click', () => this.#toggle());
    this.#position.addEventListener('input', () => this.#seek(Number(this.#position.value)));
    for (const track of card.querySelectorAll('.track')) {
      track.addEventListener('click', ({ clientX }) => {
        const { left, width } = track.getBoundingClientRect();
        this.#seek((this.#seconds * (clientX - left)) / width);
      });
    }
    const [speed, repeat] = card.querySelectorAll('.settings select, .settings input');
    speed.addEventListener('change', () => {
      audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value);
    });
    audio.addEventListener('play', () => this.#started());
    audio.addEventListener('pause', () => this.#stopped());
    audio.addEventListener('ended', () => {
      if (!repeat.checked) return;
      this.#seek(0);
      this.#play();
    });
  }

  get #chosen() {
    return this.#card.querySelector('.lane button[aria-pressed=true]');
  }

  /** A press on the sound that plays pauses it; one on another goes on with that at the same time. */
  #press(button) {
    if (button === this.#chosen) return this.#toggle();
    this.#chosen?.setAttribute('aria-pressed', 'false');
    button.setAttribute('aria-pressed', 'true');
    const shown = this.#card.querySelector('.spectra .chosen');
    const name = button.textContent.trim();
    shown.querySelector('figcaption').textContent = name;
    const image = shown.querySelector('img');
    image.alt = `Spectrogram of ${name}`;
    image.dataset.source = button.dataset.spectrogram;
    image.src = urlOf(button.dataset.spectrogram);
    this.#play();
  }

  #toggle() {
    if (this.#audio.paused) this.#play();
    else this.pause();
  }

  #play() {
    const audio = this.#audio;
    const url = urlOf(this.#chosen.dataset.source);
    const at = audio.ended || this.#position.value >= this.#seconds - 0.02 ? 0 : Number(this.#position.value);
    if (audio.getAttribute('src') !== url) audio.src = url;
    audio.currentTime = at;
    if (this.#video) this.#video.currentTime = at;
    audio.play().catch((error) => {
      if (error.name !== 'AbortError') this.#output.textContent = 'cannot be played';
    });
  }

  #name(action) {
    const button = this.#card.querySelector('.play');
    button.setAttribute('aria-label', button.getAttribute('aria-label').replace(/^\w+/, action));
  }

  #seek(time) {
    const at = Math.max(0, Math.min(this.#seconds, time));
    if (this.#audio.src) this.#audio.currentTime = at;
    if (this.#video) this.#video.currentTime = at;
    this.#show(at);
  }

  #started() {
    if (playing !== this) playing?.pause();
    playing = this;
    this.#card.classList.add('playing');
    this.#name('Pause');
    this.#follow();
  }

  #stopped() {
    if (playing === this) playing = null;
    this.#card.classList.remove('playing');
    this.#name('Play');
    this.#video?.pause();
    this.#show(this.#audio.currentTime);
  }

  /** Keeps the picture at the time of the sound, frame by frame, until the sound stops. */
  #follow() {
    const audio = this.#audio;
    if (audio.paused) return;
    if (this.#video) this.#keepTogether(this.#video, audio);
    this.#show(audio.currentTime);
    requestAnimationFrame(() => this.#follow());
  }

  #keepTogether(video, audio) {
    // Waits with the sound while it loads, and stays on the last frame where the sound is longer.
    if (audio.readyState < 3 || audio.currentTime >= video.duration - 0.02) return video.pause();
    if (video.paused) video.play().catch(() => {});
    const ahead = video.currentTime - audio.currentTime;
    if (Math.abs(ahead) > JUMP) video.currentTime = audio.currentTime;
    const change = Math.abs(ahead) > DRIFT ? Math.max(-0.2, Math.min(0.2, -2 * ahead)) : 0;
    const rate = audio.playbackRate * (1 + change);
    if (Math.abs(video.playbackRate - rate) > 0.02) video.playbackRate = rate;
  }

  #show(time) {
    this.#position.value = time;
    this.#output.textContent = time.toFixed(2);
    this.#card.classList.add('started');
    this.#card.style.setProperty('--at', Math.min(1, time / this.#seconds));
  }
}

const players = new Map([...document.querySelectorAll('.clip')].map((card) => [card, new Player(card)]));
const nearby = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      players.get(target).load();
      nearby.unobserve(target);
    }
  },
  { rootMargin: NEAR },
);
for (const card of players.keys()) nearby.observe(card);

const save = document.querySelector('[data-save]');
save.addEventListener('click', () => {
  const json = document.getElementById('report').textContent;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  link.download = `${save.dataset.save}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
