"""A permissive stand-in for `airflow`, imported only inside the recorder's subprocess.

It carries no code of Airflow. It answers to every import path of Airflow 1.10, 2.x and 3.x and keeps
account of what a DAG file builds: DAGs, tasks, arguments, edges, groups.
"""
