"use strict";
// Made by the browser itself, no file: two rising tones for an emergency, one soft tone for the rest. A browser lets a
// page sound only after somebody touched it, so the first touch anywhere turns the sound on.
const sound = { context: null, on: false };

function enableSound() {
  sound.context ??= new AudioContext();
  sound.context.resume();
  sound.on = true;
  document.getElementById("sound").dataset.word = "sound_on";
  document.getElementById("sound").textContent = say("sound_on");
  const hint = document.getElementById("ringing");
  if (hint) hint.textContent = say("will_ring");
}

function tone(frequency, from, seconds, loudness) {
  const { context } = sound;
  const [oscillator, volume] = [context.createOscillator(), context.createGain()];
  oscillator.type = "triangle";
  oscillator.frequency.value = frequency;
  const begin = context.currentTime + from;
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(loudness, begin + 0.02);
  volume.gain.setValueAtTime(loudness, begin + seconds - 0.05);
  volume.gain.linearRampToValueAtTime(0, begin + seconds);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + seconds);
}

function ringEmergency() {
  if (sound.on) [660, 880, 660, 880].forEach((frequency, index) => tone(frequency, index * 0.22, 0.2, 0.5));
}

function chime() {
  if (sound.on) tone(520, 0, 0.5, 0.25);
}

addEventListener("pointerdown", enableSound, { once: true });
addEventListener("keydown", enableSound, { once: true });
