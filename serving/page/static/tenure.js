/* The page works without this file; with it, the budget's slider redraws the outcome while it moves. */
"use strict";

const form = document.querySelector("[data-plan]");
if (form) {
  const number = form.elements.namedItem("budget");
  const slider = document.querySelector("[data-slider]");
  const points = [...document.querySelectorAll("[data-point]")].map((row) => row.dataset.point.split(" ").map(Number));
  const outcome = ["size", "cost", "saves", "profit"].map((name) => document.querySelector(`[data-outcome="${name}"]`));

  /* Between two points of the curve's table the outcome lies on a straight line, near enough while sliding. */
  const expected = (budget) => {
    const next = points.findIndex((point) => point[1] > budget);
    if (next < 0) return points[points.length - 1];
    if (next === 0) return points[0];
    const [low, high] = [points[next - 1], points[next]];
    const share = (budget - low[1]) / (high[1] - low[1]);
    return low.map((value, n) => value + share * (high[n] - value));
  };

  const redraw = (budget) => {
    expected(budget).forEach((value, n) => {
      const place = outcome[n];
      const decimals = n === 0 ? 0 : Number(place.dataset.decimals);
      const [thousands, point] = place.dataset.separators;
      const fixed = Math.abs(n === 0 ? Math.floor(value) : value).toFixed(decimals);
      const [whole, rest] = fixed.split(".");
      const told = whole.replace(/\B(?=(\d{3})+$)/g, thousands) + (rest ? point + rest : "");
      place.textContent = (value < 0 ? "-" : "") + place.dataset.before + told + place.dataset.after;
    });
  };

  slider.hidden = false;
  slider.addEventListener("input", () => {
    number.value = slider.value;
    redraw(Number(slider.value));
  });
  slider.addEventListener("change", () => form.requestSubmit());
  number.addEventListener("input", () => {
    slider.value = number.value;
    if (number.value !== "") redraw(Number(number.value));
  });
}
