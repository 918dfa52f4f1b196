// Play: the present moment moves down the ladder, and the packets along their slopes.

const still = matchMedia("(prefers-reduced-motion: reduce)");
let playing = null, paused = null; // `paused`: the view, and the height of its present moment

// Pixels of the ladder in a second. The slider is logarithmic: each notch is the same factor.
const speed = () => 4 * Math.pow(100, $("speed").value / 100);

function showSpeed() {
  const transit = 40 / speed(), latency = lab.view ? lab.view.transit : 0.001;
  const slower = counted(Number((transit / latency).toPrecision(2)));
  const words = tr("a packet takes {seconds} s, {times} times as long as in the run", {seconds: Number(transit.toPrecision(2)), times: slower});
  $("slower").textContent = `1/${slower}`;
  $("speed").setAttribute("aria-valuetext", words);
  $("speed").title = words;
}

function showPlay() {
  $("play").textContent = playing ? tr("Pause") : tr("Play");
}

function stopPlay() {
  if (!playing) return;
  cancelAnimationFrame(playing.frame);
  clearTimeout(playing.timer);
  playing = null;
  showPlay();
  paused = {view: lab.view, y: stageAt};
}

function togglePlay() {
  if (playing) return stopPlay();
  if (!lab.view || lab.view.ended) return fails(new Error(tr("nothing more can happen: go back, and play from there")));
  playing = {};
  showPlay();
  playOn();
}

function playOn() {
  const {stage} = lab.view, me = playing, to = stage.due.length && stage.due[0] !== null ? stage.due[0] : stage.now + 20;
  const goOn = async () => {
    if (playing !== me) return;
    const reply = await act("step", true);
    if (playing !== me) return;
    if (!reply.ok || lab.view.ended || lab.view.stops.length) return stopPlay();
    playOn();
  };
  if (still.matches) {
    me.timer = setTimeout(goOn, 1000 * Math.max(40, to - stage.now) / speed());
    return;
  }
  let last = null, y = paused && paused.view === lab.view ? paused.y : stage.now;
  const move = time => {
    if (playing !== me) return;
    y += last === null ? 0 : Math.min(time - last, 100) * speed() / 1000;
    last = time;
    if (y >= to) return goOn();
    moveStage(y);
    me.frame = requestAnimationFrame(move);
  };
  me.frame = requestAnimationFrame(move);
}
