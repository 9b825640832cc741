import { useEffect } from "react";
import { Classifier } from "smart-home";
import { check } from "../check.js";

export default function Home() {
  useEffect(() => check({ worker: () => Classifier.load({ worker: true }), page: () => Classifier.load() }), []);
  return <p>the answer is on its way</p>;
}
