"""Real documents in English and Chinese, and questions whose answers stand in them: ``fetch`` gets the documents, ``pairs.yaml`` has the questions."""
